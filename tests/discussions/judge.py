"""A judge of stored trees that shares nothing with the code it judges."""

from collections import defaultdict

from forum.discussions import tree
from forum.discussions.models import Comment, Thread, Topic


def faults():
    """Return what is wrong with the stored trees and counts, by the site's check and by this one."""
    rows = list(Comment.objects.order_by("tree_id", "lft").values())
    found = [str(fault) for fault in tree.check()]
    by_parent, by_thread = defaultdict(list), defaultdict(list)
    for row in rows:
        by_parent[row["parent_id"]].append(row)
        by_thread[row["thread_id"]].append(row)
    for root in by_parent[None]:
        found += _numbers(root, by_parent)
    public = {pk: sum(row["state"] == "public" for row in some) for pk, some in by_thread.items()}
    for thread in Thread.objects.all():
        if thread.comment_count != public.get(thread.pk, 0):
            found.append(f"thread {thread.pk} counts {thread.comment_count}, not {public}")
    for topic in Topic.objects.all():
        count = sum(public.get(pk, 0) for pk in topic.thread_set.values_list("pk", flat=True))
        if topic.comment_count != count:
            found.append(f"topic {topic.pk} counts {topic.comment_count}, not {count}")
    return found


def _numbers(root, by_parent):
    """Number the tree of `root` again by hand, siblings by ordinal, and compare every field."""
    found, edge, stack = [], 0, [(root, 0)]
    opened = {}
    while stack:
        row, depth = stack.pop()
        edge += 1
        if row["id"] in opened:
            if (row["lft"], row["rght"]) != (opened[row["id"]], edge):
                found.append(f"comment {row['id']} is {row['lft']}..{row['rght']}, not {edge}")
            continue
        opened[row["id"]] = edge
        if (row["level"], row["tree_id"], row["thread_id"]) != (depth, *[root["thread_id"]] * 2):
            found.append(f"comment {row['id']} stands at {row['level']} in {row['tree_id']}")
        stack.append((row, depth))
        children = sorted(by_parent[row["id"]], key=lambda child: child["ordinal"], reverse=True)
        if len({child["ordinal"] for child in children}) != len(children):
            found.append(f"comment {row['id']} gave an ordinal twice")
        if children and children[0]["ordinal"] > row["replies_given"]:
            found.append(f"comment {row['id']} forgot an ordinal that it gave")
        stack += [(child, depth + 1) for child in children]
    return found
