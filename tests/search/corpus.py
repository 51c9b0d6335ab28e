"""A small community whose search results are written down here, by hand: what is to be found, and what must not be.

It is written through the commands, as in life. Whoever adds a text looks through all of ``QUESTIONS`` whether it
answers one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from forum.database.session import Database
from forum.permissions.actor import Actor
from forum.search.engine import Phrase, Term, Words
from forum.search.words import forms_of
from forum.text.markdown import render_post
from forum.text.translate import speaking
from tests.community.conftest import new_key, topic_draft
from tests.community.conftest import start as start_topic


@dataclass(frozen=True, slots=True)
class Written:
    """A topic with its first post."""

    key: str
    title: str
    text: str
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Question:
    """What an engine is asked, which of the texts answer it, and those among them whose title does."""

    about: str
    words: Words
    found: frozenset[str]
    in_title: frozenset[str] = frozenset()


TEXTS: tuple[Written, ...] = (
    Written("pump", "A pain pump after ten years", "The implant doses by itself. I sleep again, mostly."),
    Written(
        "stairs", "Stairs at 5 o'clock", "Every step hurts. The pump of my bicycle stands there as well."
    ),
    Written("cafe", "The café on the corner", "Their crêpes and a naïve waiter cheer me up. **Bold**ly so."),
    Written("back", "Rückenschmerzen und Straße", "Die Häuser drehen sich. Müde Füße, schöne Größe.", "de"),
    Written("arabic", "الألم المزمن", "أنا أعيش مع ألمٍ مُزْمِن منذ سنوات.", "ar"),
    Written("hebrew", "כאב כרוני", "הלכתי לבית החולים, וגם לצה״ל. כְּאֵב בגב.", "he"),
    Written("hindi", "पुराना दर्द", "मेरी कमर में दर्द है और नींद नहीं आती।", "hi"),
    Written("japanese", "慢性疼痛について", "MRI検査の結果は明日です。ｶﾗﾀﾞが痛い。", "ja"),
    Written("thai", "ปวดหลังเรื้อรัง", "นอนไม่หลับเพราะปวดมาก", "th"),
    Written("korean", "만성 통증", "오늘은 조금 나아요.", "ko"),
    Written("emoji", "😀😀😀", "🧡🧡 1️⃣"),
    Written("numbers", "L5S1 and 37.5 degrees", "It was 1,000 mg in 2024; x² and ½ look odd. Twice 37 5."),
    Written(
        "hyphens", "Well-being for beginners", "A long-term, self-made plan_of_mine. Email/phone; and/or."
    ),
    Written(
        "entities",
        "Fish & chips <at> home",
        "AT&amp;T &lt;script&gt; &eacute;clair \\*literal\\* `code_word`.",
    ),
    Written("long", "A word without an end", f"{'a' * 63}b{'c' * 5000} and {'x' * 40}."),
    Written("often", "Ouch", "ouch said owl " * 300 + "ouch finally beaver"),
    Written("edge", "Alpha beta", "Gamma delta.\n\nEpsilon zeta.\n\n- eta\n- theta"),
    Written(
        "hostile",
        'He said "no" AND left',
        "NOT this OR that NEAR(one two) title:three col* ^four a:b & c | !d",
    ),
    Written("scripts", "Боль в спине", "Ещё болит, и серьёзно. Πόνος στην πλάτη.", "ru"),
    Written("vietnamese", "Đau lưng mạn tính", "Tôi bị đau đã lâu. ＦＵＬＬＷＩＤＴＨ ﬁne.", "vi"),
    Written("turkish", "İstanbul'da ağrı", "ISPARTA ve ışık.", "tr"),
    Written(
        "quoted",
        "Sayings",
        "> Courage is quiet\n\nI keep ![a lighthouse](/x.png) and [a harbour](https://example.org/pier).",
    ),
    Written("running", "Running again", "She ran and runs; runners run. Happily, flies fly."),
)


def asked(text: str, locale: str = "en") -> Words:
    """Return the question for each word of a text, all of which have to be there."""
    return Words(tuple(Term(((form,),)) for form in forms_of(text, locale)))


def phrase(text: str, locale: str = "en") -> Phrase:
    """Return words that follow one another."""
    return tuple(forms_of(text, locale))


def together(text: str, locale: str = "en") -> Words:
    """Return the question for words that follow one another."""
    return Words((Term((phrase(text, locale),)),))


def either(*texts: str) -> Term:
    """Return a term that any of these phrases answers."""
    return Term(tuple(phrase(text) for text in texts))


def _set(keys: str) -> frozenset[str]:
    return frozenset(keys.split())


QUESTIONS: tuple[Question, ...] = (
    Question("a word", asked("implant"), _set("pump")),
    Question("in title and text", asked("pump"), _set("pump stairs"), _set("pump")),
    Question("two words", asked("pain pump"), _set("pump"), _set("pump")),
    Question("one of them in the text alone", asked("pump sleep"), _set("pump"), _set("pump")),
    Question("in different texts", asked("pump café"), _set("")),
    Question("other words for it", Words((either("bicycle", "crêpes"),)), _set("stairs cafe")),
    Question(
        "a phrase or a word", Words((either("pain pump", "bicycle"),)), _set("pump stairs"), _set("pump")
    ),
    Question(
        "without a word", replace(asked("pump"), without=(phrase("bicycle"),)), _set("pump"), _set("pump")
    ),
    Question("without a phrase", replace(asked("pump"), without=(phrase("pain pump"),)), _set("stairs")),
    Question(
        "without either", replace(asked("pump"), without=(phrase("bicycle"), phrase("ten years"))), _set("")
    ),
    Question("endings", asked("sleeping hurt"), _set("")),
    Question("an ending", asked("sleeping"), _set("pump")),
    Question("another ending", asked("hurting steps"), _set("stairs")),
    Question("capital letters", asked("IMPLANT"), _set("pump")),
    Question("an apostrophe", asked("o'clock"), _set("stairs"), _set("stairs")),
    Question("a typographic apostrophe", asked("O’Clock"), _set("stairs"), _set("stairs")),
    Question("no apostrophe", asked("oclock"), _set("stairs"), _set("stairs")),
    Question("not half of it", asked("clock"), _set("")),
    Question("accents", asked("cafe crepes naive"), _set("cafe"), _set("cafe")),
    Question("accents typed one by one", asked("cafe\u0301"), _set("cafe"), _set("cafe")),
    Question("half of a word in bold", asked("boldly"), _set("cafe")),
    Question("German", asked("rückenschmerz", "de"), _set("back"), _set("back")),
    Question("German without dots", asked("ruckenschmerzen haus grosse", "de"), _set("back"), _set("back")),
    Question("German spelt out", asked("Rueckenschmerzen STRASSE", "de"), _set("back"), _set("back")),
    Question("Arabic with its article", asked("ألم", "ar"), _set("arabic"), _set("arabic")),
    Question("Arabic vowels", asked("مزمن", "ar"), _set("arabic"), _set("arabic")),
    Question("an Arabic phrase", together("الألم المزمن", "ar"), _set("arabic"), _set("arabic")),
    Question("an Arabic phrase the other way round", together("المزمن الألم", "ar"), _set("")),
    Question("Hebrew", asked("כאב", "he"), _set("hebrew"), _set("hebrew")),
    Question("Hebrew points", together("כאב בגב", "he"), _set("hebrew")),
    Question("Hebrew with a gershayim", asked("לצה״ל", "he"), _set("hebrew")),
    Question("Hindi", asked("दर्द नींद", "hi"), _set("hindi"), _set("hindi")),
    Question("Hindi, not without its signs", asked("दरद", "hi"), _set("")),
    Question("Japanese", together("疼痛", "ja"), _set("japanese"), _set("japanese")),
    Question("Japanese, in the wrong order", together("痛疼", "ja"), _set("")),
    Question("Japanese with Latin letters", together("mri検査", "ja"), _set("japanese")),
    Question("narrow kana", together("カラダ", "ja"), _set("japanese")),
    Question("Thai", together("ปวดหลัง", "th"), _set("thai"), _set("thai")),
    Question("Thai, in the text", together("นอนไม่หลับ", "th"), _set("thai")),
    Question("Korean", asked("통증", "ko"), _set("korean"), _set("korean")),
    Question(
        "Korean, letter by letter",
        asked("\u1110\u1169\u11bc\u110c\u1173\u11bc", "ko"),
        _set("korean"),
        _set("korean"),
    ),
    Question("a digit in an emoji", asked("1️⃣"), _set("emoji numbers")),
    Question("letters and digits", asked("l5s1"), _set("numbers"), _set("numbers")),
    Question("a decimal number", together("37.5"), _set("numbers"), _set("numbers")),
    Question("a raised digit", asked("x2"), _set("numbers")),
    Question("digits elsewhere", asked("٢٠٢٤"), _set("numbers")),
    Question("half of a number", asked("202"), _set("")),
    Question("a hyphen", together("well-being"), _set("hyphens"), _set("hyphens")),
    Question("a space for the hyphen", together("long term"), _set("hyphens")),
    Question("parts of it", asked("term self"), _set("hyphens")),
    Question("underscores", asked("mine"), _set("hyphens")),
    Question("slashes", asked("phone"), _set("hyphens")),
    Question("entities", together("AT&T"), _set("entities")),
    Question("what an entity is called", asked("amp"), _set("")),
    Question("tags that are text", asked("script"), _set("entities")),
    Question("a letter by its entity", asked("eclair"), _set("entities")),
    Question("a title with brackets", together("chips at home"), _set("entities"), _set("entities")),
    Question("tags of the page", asked("strong"), _set("")),
    Question("code", together("code word"), _set("entities")),
    Question("very long words", asked("a" * 63 + "b" + "different"), _set("long")),
    Question("shorter than it", asked("a" * 63), _set("")),
    Question("a word that often stands there", asked("ouch"), _set("often"), _set("often")),
    Question("a phrase among its first times", together("owl ouch"), _set("often")),
    Question("a phrase beyond the 255th time", together("ouch finally"), _set("")),
    Question("a rare word beyond that", together("finally beaver"), _set("often")),
    Question("across title and text", together("beta gamma"), _set("")),
    Question("from line to line", together("delta epsilon"), _set("")),
    Question("from item to item", together("eta theta"), _set("")),
    Question("within a line", together("gamma delta"), _set("edge")),
    Question("a phrase in the title", together("alpha beta"), _set("edge"), _set("edge")),
    Question("words of a syntax", asked("AND NOT OR NEAR"), _set("hostile"), _set("hostile")),
    Question("words of the engines", asked("title three col four"), _set("hostile")),
    Question("a phrase around quotes", together('said "no" and'), _set("hostile"), _set("hostile")),
    Question("Russian", asked("боли", "ru"), _set("scripts"), _set("scripts")),
    Question("Russian without dots", asked("еще серьезно", "ru"), _set("scripts")),
    Question("Greek without accents", asked("πονος", "ru"), _set("scripts")),
    Question(
        "Vietnamese without its signs", asked("man tinh da lau", "vi"), _set("vietnamese"), _set("vietnamese")
    ),
    Question("wide letters and joined ones", asked("fullwidth fine", "vi"), _set("vietnamese")),
    Question("Turkish without dots", asked("isparta isik", "tr"), _set("turkish")),
    Question("Turkish", asked("istanbul'da", "tr"), _set("turkish"), _set("turkish")),
    Question("quoted by hand", together("courage is quiet"), _set("quoted")),
    Question("a link by its words", asked("harbour"), _set("quoted")),
    Question("no link by its address", asked("pier"), _set("")),
    Question("verbs", asked("runs"), _set("running"), _set("running")),
    Question("one letter", asked("d"), _set("hostile")),
    Question("none of them", asked("nowhere"), _set("")),
)


def write(database: Database, actor: Actor, room: str) -> Mapping[str, int]:
    """Write all of it, and return the topics by their keys."""
    topics = {}
    for written in TEXTS:
        with speaking(written.locale):
            draft = replace(
                topic_draft(room),
                title=written.title,
                body=render_post(written.text),
                submission_key=new_key(),
            )
            topics[written.key] = start_topic(database, actor, draft)
    return topics
