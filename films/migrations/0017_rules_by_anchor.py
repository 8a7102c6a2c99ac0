"""The house rules get a place for each reason, to which decisions and forms lead. An owner's own text
is left as it is.
"""

from importlib import import_module

from django.db import migrations

RULES = """
<p>There are few rules, and they come to this: talk about the film, and talk to each other as you
would in the foyer, where you can see the other person’s face.</p>
<h2>Please do</h2>
<ul>
<li>Disagree. A film that everybody likes for the same reason has not been watched closely.</li>
<li>Say where in the film you saw it. A minute mark helps more than an adjective.</li>
<li>Correct facts kindly, and bring your source if you have one.</li>
<li>Write in the language you think in.</li>
</ul>
<h2>Please do not</h2>
<ul>
<li id="unkind"><strong>Attack a person.</strong> Disagree with what was said, and say why.</li>
<li id="harassment"><strong>Harass.</strong> Do not threaten people, hunt them from page to page, or
set others on them.</li>
<li id="hate"><strong>Treat anybody as less</strong> for where they come from, what they believe, whom
they love, or how their body works.</li>
<li id="private"><strong>Tell what is private:</strong> addresses, numbers, the real name behind a pen
name.</li>
<li id="unlawful"><strong>Post what is against the law.</strong> We take it away as soon as we know.</li>
<li id="advert"><strong>Advertise,</strong> or write for machines rather than for people.</li>
<li id="twice"><strong>Say the same again and again.</strong> Once is enough, and that one stays.</li>
<li id="copied"><strong>Copy texts of others.</strong> Quote a little, and say what you think of it.</li>
<li id="off-topic"><strong>Leave the film behind.</strong> For other things there is the
<a href="/lobby/">Lobby</a>.</li>
<li id="spoiler"><strong>Give an ending away</strong> without a warning. Between &gt;! and !&lt; it opens
on a press.</li>
<li id="pretends"><strong>Pretend to be somebody else.</strong></li>
<li id="other"><strong>Spoil the evening</strong> in a way that nobody thought of when this was written.</li>
</ul>
<h2 id="reporting">When you see something</h2>
<p>Under each comment is a link to report it; no account is needed. A moderator reads your report with
the comment and decides. You learn what came of it, on <a href="/my/reports/">your page of reports</a>;
whoever wrote the comment never learns that it was you. A report says nothing by itself: moderators
judge what was written, not how many complained.</p>
<h2 id="decisions">What happens then</h2>
<p>Some comments wait for a moderator before they are shown, for example when they have many links.
Their writer sees that they wait. A comment that breaks a rule is removed, folded, or shown without a
part, with a reason that its writer can read. Removed is not destroyed: a moderator who was wrong can
bring it back for 30 days.</p>
<h2 id="appeals">When it concerns you</h2>
<p>Under <a href="/my/comments/">My comments</a> each decision about you has a page: what was decided,
by which rule, and what you can do. If you think it is wrong, you can appeal there, once for each
decision; another moderator decides, where there is one. <a href="/my/standing/">Your standing</a> shows
your own record, and from where on moderators look at all of it.</p>
<h2 id="log">Who watches the moderators</h2>
<p>You. <a href="/moderation/log/">What moderators did</a> lists each decision with its day, reason and
film, without names, and the figures of each month, appeals that were won among them.</p>
"""


def change(apps, schema_editor):
    was = import_module("films.migrations.0002_house_pages").RULES.strip()
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    pages.filter(url="/rules/", content=was).update(content=RULES.strip())


class Migration(migrations.Migration):
    dependencies = [
        ("films", "0016_suggestions"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
