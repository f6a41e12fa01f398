"""The vocabulary of club names: general knowledge of words, never of single clubs.

A word is written plainly: lower case, Latin letters without accents; Cyrillic words also stand under their own letters.
"""

from collections.abc import Mapping
from pathlib import Path


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _numbered(lines: str) -> Mapping[str, int]:
    return {word: number for number, line in enumerate(lines.strip().split("\n"), start=1) for word in line.split()}


#: Words of women's, reserve and youth sides, anywhere but at the start of a name.
WOMEN = _set("""
women woman womens ladies femenino femenina feminino feminina feminin feminine feminines femminile frauen damen dames
dam kvinner kvinder kobiety wfc lfc vrouwen naiset жен женщины ж w fem
""")
RESERVE = _set("""
ii iii reserves reserve res amateure amateurs amat am b б 2 2я 2nd дубль рез резерв reserva castilla promesas
u23 футурес futures
""")
YOUTH = _set("""
youth juvenil primavera u15 u16 u17 u18 u19 u20 u21 u22 мол молодежь молодежная юниоры
""")
#: Those that are marks only as the last word, and not as an initial with a full stop (`Roter Stern B.`).
LAST = _set("""
w b б 2 lfc wfc fem ж am
""")

#: Words and abbreviations that say what a club is, not which one.
FORMS = _set("""
fc cf sc ac afc fk sk ff if bk ik cd ud sd cp ca ec ce ad rc rcd sv vfb vfl vfr tsv tus ssv spvgg fsv bsc bv bvv asv
tsg sg msv svg fv sf ss us as ssc acf asd asc usd calcio kv kvc krc ksv kfc kfco kaa ksk kkv rsc raec rfc bbc nk hnk
gnk hsk ofk zfk mfk msk tj ks mks lks rks gks ts wks kp cfr cs csm acs afk pfk pfc fotbal club klub clube clubul clubi
klubi football futbol futebol futbal fussball fotboll fotball fotbolls fotbollsklubb fotballklubb ballklubb
ballspielclub fussballclub sportclub sportverein sportvereniging sportklub sportif sportive sportiva sportivo
sportkring turn turnverein verein spielvereinigung voetbal voetbalvereniging vv vvv societa associazione association
associacao asociacion esporte regatas recreation sociedad sociedade social cultural polideportivo futbolnyy futbolny
futbolniy fudbalski nogometni podosferikos athlitikos omilos jalkapalloklubi pallo seura veikot kerho jalka
palloilijat idrotts klubb forening bold idraets idretts lag schaft turner ball spiel vereniging vereinigung athletik
gymnastik knattspyrnufelag team sportski professional profesional kulubu spor kulup sad the de do da del of and e y et
und la le les el al los las des du den der di dos das i a fcm fr ps rj rs paulista saopaulo sco jk jks psk kf ssd cb cfc
se ao gd ae aa aps rkc fbc royal koninklijke
""")

#: Those forms that are never the first letters of other words; others may be (`Union SG`).
NO_ACRONYMS = _set("fc sc sk fr ps afc")
#: Those forms that are articles, between two other words of a Romance name alone: `Vitória das Tabocas`.
ROMANCE_ARTICLES = _set("dos das di du")
#: Letters that Romance words do without.
NOT_ROMANCE = _set("k w")

#: Forms that stand first, and at the end of a name are something else: `SG Wattenscheid`, `Paris SG`.
FIRST_FORMS = _set("sg")

#: Words that, after the name of a club, make that of its second side, by the country where they do.
SECOND_SIDE: Mapping[str, frozenset[str]] = {
    "Spain": _set("atletico athletic"),
    "Austria": _set("juniors"),
    "Germany": _set("juniors"),
    "Switzerland": _set("juniors"),
    "Finland": _set("academy"),
}
#: Those of them that are no club's own last word in those countries: a reserve side, whatever stands before.
RESERVE_LAST = _set("juniors academy")
#: Those words of `QUALIFIERS` that are no part of two clubs' names, where both end with them.
MARKS = RESERVE_LAST | _set("legends")

#: Months and ordinal numbers in the languages of club names, to their number.
MONTHS: Mapping[str, int] = _numbered("""
january janeiro enero janvier gennaio januar января январь
february fevereiro febrero fevrier febbraio februar февраля февраль
march marco marzo mars marz марта март
april abril avril aprile апреля апрель
may maio mayo mai maggio мая май
june junho junio juin giugno juni июня июнь
july julho julio juillet luglio juli июля июль
august agosto aout августа август
september setembro septiembre septembre settembre сентября сентябрь
october outubro octubre octobre ottobre oktober октября октябрь
november novembro noviembre novembre ноября ноябрь
december dezembro diciembre decembre dicembre dezember декабря декабрь
""")
ORDINALS: Mapping[str, int] = _numbered("""
first primero primera primeiro primeira premier primo prima prvi prva erste erster primul первый первая
second segundo segunda deuxieme secondo seconda drugi druga zweite второй вторая
third tercero tercera terceiro terceira troisieme terzo terza treci dritte третий третья
fourth cuarto cuarta quarto quarta quatrieme четвертый
fifth quinto quinta cinquieme пятый
""")
#: Figures of a day as they stand before a month.
ROMAN: Mapping[str, int] = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "ix": 9, "xi": 11, "xii": 12, "xv": 15,
                            "xvi": 16, "xx": 20}  # fmt: skip

#: Words that tell the clubs of one place apart.
QUALIFIERS = _set("""
united city town county rovers wanderers athletic albion rangers wednesday thistle hotspur north south east west
real atletico sporting deportivo racing independiente estudiantes nacional inter central olympique stade universidad
dynamo lokomotiv spartak torpedo cska zenit shakhtar metallurg arsenal red star rapid austria wacker admira sturm
borussia eintracht fortuna arminia kickers victoria germania alemannia hertha union standard cercle slavia sparta
hapoel maccabi beitar ahli ittihad hilal nasr shabab young old boys juniors academy legends
""")

#: Endings that make "of the place" from its name.
OF_PLACE = _set("""
er ner ler ois oise ais aise ien ienne ense iense ensis ano ana ino ina ese esi spor gucu n en in an s es e i ians ian
ski skij sky ska skiy ow owo nais sen ainen ger ingen ova ovo
""")

#: What the last word of a name stands for, and elsewhere does not: `São Paulo SP`, but `Sp Braga`.
SAME_LAST: Mapping[str, str] = {"sp": "saopaulo"}

#: Every spelling of a word or place to its form, which may be several words.
SAME_WORD: Mapping[str, str] = {
    spelling: form
    for form, spellings in (
        line.split(":")
        for line in Path(__file__).with_name("spellings.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )
    for spelling in spellings.split()
}
