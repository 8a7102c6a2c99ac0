"""About, rules, privacy and contact: texts to begin with. Their owner edits them in the admin."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import migrations

ABOUT = """
<p>The lights come up, and you are not ready to go home yet. You want to know what the others saw.
That is what a foyer is for, and this is one: a place to stay a little after a documentary.</p>
<h2>What you find here</h2>
<p>Every film has a page that says what it is, who made it, and where it can be watched if a free copy
is known. Under it is the talk. Anybody may read all of it, and anybody may join in: no account is
needed, a name is enough.</p>
<h2>How the talk works</h2>
<ul>
<li>Replies stand under what they answer, however deep a conversation goes. The number in the margin
is a comment’s address: 6.5 is the fifth reply to the sixth comment, and it stays that for good.</li>
<li>Any branch can be folded away by its minus sign. Your browser remembers what you folded.</li>
<li>After posting you have a quarter of an hour to mend your words. You can take a comment back at
any time, and bring it back within a day.</li>
<li>When a comment is gone but people have answered it, a line keeps its place, so that the answers
still make sense.</li>
<li>Talk can be followed in a feed reader: of the whole site, or of one film.</li>
</ul>
<h2>Who runs it</h2>
<p>The <a href="/contact/">contact page</a> says who is behind this site. It runs on Foyer, which is
free software.</p>
"""

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
<li>Insult people, threaten them, or hunt them from page to page.</li>
<li>Treat anybody as less for where they come from, what they believe, whom they love, or how their
body works.</li>
<li>Give away what is private: addresses, numbers, the real name behind a pen name.</li>
<li>Advertise, or post the same words again and again.</li>
<li>Pretend to be somebody else.</li>
</ul>
<h2>What happens then</h2>
<p>Some comments wait for a moderator before they are shown, for example when they have many links.
Their writer sees that they wait. A comment that breaks a rule is removed, with a reason that its
writer can read. Removed is not destroyed: a moderator who was wrong can bring it back. If you think
one was wrong, write to the people on the <a href="/contact/">contact page</a>.</p>
"""

PRIVACY = """
<p>This page says what the software of this site keeps about you, and for how long. It keeps little.</p>
<h2>If you only read</h2>
<p>Reading sets no cookie, and nothing on a page comes from another site: no fonts, no counters, no
pictures of yours fetched elsewhere. If you fold a conversation, your browser remembers that in its
own storage; it is not sent to us.</p>
<h2>If you play a film</h2>
<p>Most films lie on other sites. Nothing is loaded from there until you press play. From then on the
player belongs to that site, which sees your network address and may set cookies of its own.</p>
<h2>If you write as a guest</h2>
<p>We keep your text, the name you gave, the time, and your e-mail address if you gave one. The name
and the text are shown to everybody; the e-mail address never is. Opening a form sets one cookie,
posting sets another:</p>
<table>
<thead><tr><th scope="col">Cookie</th><th scope="col">Set when</th><th scope="col">What it is for</th><th scope="col">How long</th></tr></thead>
<tbody>
<tr><td>csrf</td><td>a form is opened</td><td>shows that a form that is sent was opened on this site</td><td>a year</td></tr>
<tr><td>pen</td><td>a guest posts</td><td>a random secret by which your browser can edit and take back what it wrote; we store only a fingerprint of it</td><td>a year</td></tr>
<tr><td>session</td><td>a member signs in</td><td>keeps you signed in</td><td>two weeks</td></tr>
</tbody>
</table>
<p>On a site that is reached by https their names begin with <code>__Host-</code>. You can delete them
in your browser whenever you like. Without the pen your old comments stay, but your browser can no
longer change them.</p>
<h2>Your network address</h2>
<p>Your address is not stored with what you write. To slow down floods of posts, each guest’s comment
carries a keyed fingerprint of the network it came from, which cannot be turned back into an address
by anybody without this site’s secret. It is emptied after 30 days. The servers that carry this
site to you may keep logs of their own; the people who run it can say for how long.</p>
<h2>If you are a member</h2>
<p>We keep your name, your e-mail address, a hash of your password, when you joined and when you last
signed in, and what you wrote. Your name is shown with your comments.</p>
<h2>Taking things back</h2>
<p>A comment that you delete is no longer shown. Its text stays with the moderators, so that you can
bring it back within a day and so that a quarrel can be settled later. When a comment was edited after
somebody answered it, its earlier text can be read by all. If you want your words or your name erased
for good, ask the people on the <a href="/contact/">contact page</a>: then text, name and earlier
texts are blanked.</p>
"""

CONTACT = """
<p>This page waits for its owner. If you run this site: write here who you are and how you can be
reached, in the admin under “Flat pages”. Readers come here to ask for a comment to be looked at
again, for their words to be erased, or to tell you about a film.</p>
"""

PAGES = [
    ("/about/", "About", ABOUT),
    ("/rules/", "House rules", RULES),
    ("/privacy/", "Privacy", PRIVACY),
    ("/contact/", "Contact", CONTACT),
]


def put(apps, schema_editor):
    FlatPage, Site = apps.get_model("flatpages", "FlatPage"), apps.get_model("sites", "Site")
    site = Site.objects.filter(pk=settings.SITE_ID).first()
    if site is None:
        domain = urlsplit(settings.SITE_URL).netloc[:100]
        site = Site.objects.create(domain=domain, name=settings.SITE_NAME[:50])
    for url, title, content in PAGES:
        page, _made = FlatPage.objects.get_or_create(
            url=url, defaults={"title": title, "content": content.strip()}
        )
        page.sites.add(site)


class Migration(migrations.Migration):
    dependencies = [
        ("films", "0001_initial"),
        ("flatpages", "0001_initial"),
        ("sites", "0002_alter_domain_unique"),
    ]
    operations = [migrations.RunPython(put, migrations.RunPython.noop)]
