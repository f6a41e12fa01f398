"""What sources call a country whose English name the platform uses."""

from collections.abc import Mapping

#: Russian name, as Fonbet writes or shortens it -> English name.
OF_RUSSIAN = {
    "Австралия": "Australia", "Австрия": "Austria", "Азербайджан": "Azerbaijan", "Албания": "Albania",
    "Алжир": "Algeria", "Англия": "England", "Андорра": "Andorra", "Аргентина": "Argentina", "Армения": "Armenia",
    "Беларусь": "Belarus", "Бельгия": "Belgium", "Болгария": "Bulgaria", "Боливия": "Bolivia",
    "Босния и Герцеговина": "Bosnia-Herzegovina", "Босния и Герцегов": "Bosnia-Herzegovina", "Бразилия": "Brazil",
    "Венгрия": "Hungary", "Венесуэла": "Venezuela", "Вьетнам": "Vietnam", "Гватемала": "Guatemala",
    "Германия": "Germany", "Гибралтар": "Gibraltar", "Гондурас": "Honduras", "Гонконг": "Hong Kong",
    "Греция": "Greece", "Грузия": "Georgia", "Дания": "Denmark", "Египет": "Egypt", "Израиль": "Israel",
    "Индия": "India", "Индонезия": "Indonesia", "Иордания": "Jordan", "Иран": "Iran", "Ирландия": "Ireland",
    "Исландия": "Iceland", "Испания": "Spain", "Италия": "Italy", "Казахстан": "Kazakhstan", "Катар": "Qatar",
    "Кипр": "Cyprus", "Китай": "China", "Колумбия": "Colombia", "Косово": "Kosovo", "Коста-Рика": "Costa Rica",
    "Латвия": "Latvia", "Литва": "Lithuania", "Люксембург": "Luxembourg", "Малайзия": "Malaysia", "Мальта": "Malta",
    "Марокко": "Morocco", "Мексика": "Mexico", "Молдова": "Moldova", "Нидерланды": "Netherlands",
    "Никарагуа": "Nicaragua", "Новая Зеландия": "New Zealand", "Норвегия": "Norway", "ОАЭ": "United Arab Emirates",
    "Панама": "Panama", "Парагвай": "Paraguay", "Перу": "Peru", "Польша": "Poland", "Португалия": "Portugal",
    "Россия": "Russia", "Румыния": "Romania", "Сальвадор": "El Salvador", "Сан-Марино": "San Marino",
    "Саудовская Аравия": "Saudi Arabia", "Сев.Ирландия": "Northern Ireland", "Северная Ирландия": "Northern Ireland",
    "Северная Македония": "North Macedonia", "Сербия": "Serbia", "Сингапур": "Singapore", "Словакия": "Slovakia",
    "Словения": "Slovenia", "США": "USA", "Таиланд": "Thailand", "Тунис": "Tunisia", "Турция": "Turkey",
    "Узбекистан": "Uzbekistan", "Украина": "Ukraine", "Уругвай": "Uruguay", "Уэльс": "Wales",
    "Фарерские острова": "Faroe Islands", "Фареры": "Faroe Islands", "Финляндия": "Finland", "Франция": "France",
    "Хорватия": "Croatia", "Черногория": "Montenegro", "Чехия": "Czech Republic", "Чили": "Chile",
    "Швейцария": "Switzerland", "Швеция": "Sweden", "Шотландия": "Scotland", "Эквадор": "Ecuador",
    "Эстония": "Estonia", "ЮАР": "South Africa", "Южная Корея": "South Korea", "Япония": "Japan",
}  # fmt: skip
#: English name -> code of the region, as WhoScored has it: ISO 3166, and the parts of the United Kingdom.
REGION_CODES = {
    "England": "gb-eng", "Scotland": "gb-sct", "Germany": "de", "Italy": "it", "Spain": "es", "France": "fr",
    "Netherlands": "nl", "Belgium": "be", "Portugal": "pt", "Turkey": "tr", "Greece": "gr", "Argentina": "ar",
    "Austria": "at", "Brazil": "br", "China": "cn", "Denmark": "dk", "Finland": "fi", "Ireland": "ie", "Japan": "jp",
    "Mexico": "mx", "Norway": "no", "Poland": "pl", "Romania": "ro", "Russia": "ru", "Sweden": "se",
    "Switzerland": "ch", "USA": "us",
}  # fmt: skip
#: A country's names and codes, to one form; the first name of each line is the form.
_COUNTRIES = """
Albania,al|Algeria,dz|Andorra,ad|Anguilla,ai|Argentina,ar|Armenia,am|Australia,au|Austria,at|Azerbaijan,az|Belarus,by
Belgium,be|Bolivia,bo|Bosnia and Herzegovina,ba|Brazil,br|Bulgaria,bg|Canada,ca|Chile,cl|Colombia,co|Costa Rica,cr
China,cn,People's Republic of China|Croatia,hr|Cyprus,cy|Czech Republic,cz,Czechia|Denmark,dk,Kingdom of Denmark
Democratic Republic of the Congo,cd|Congo,cg,Republic of the Congo|Ecuador,ec|Egypt,eg|El Salvador,sv|England,eng
Estonia,ee|Faroe Islands,fo|Finland,fi|France,fr|Georgia,ge|Germany,de|Gibraltar,gi|Greece,gr|Guatemala,gt|Haiti,ht
Honduras,hn|Hungary,hu|Iceland,is|Iran,ir|Ireland,ie|Israel,il|Italy,it|Jamaica,jm|Japan,jp|Kazakhstan,kz|Kosovo,kos,xk
Latvia,lv|Liechtenstein,li|Lithuania,lt|Luxembourg,lu|Malta,mt|Mexico,mx|Moldova,md|Monaco,mc|Montenegro,me|Morocco,ma
Netherlands,nl,Kingdom of the Netherlands|New Zealand,nz|Nicaragua,ni|North Macedonia,mk,Macedonia|Northern Ireland,nir
Norway,no|Panama,pa|Paraguay,py|Peru,pe|Poland,pl|Portugal,pt|Puerto Rico,pr|Romania,ro|Russia,ru|San Marino,sm
Saudi Arabia,sa|Scotland,sco|Serbia,rs|Singapore,sg|Slovakia,sk|Slovenia,si|South Africa,za|South Korea,kr|Spain,es
Suriname,sr|Sweden,se|Switzerland,ch|Trinidad and Tobago,tt|Tunisia,tn|Turkey,tr|USA,us,United States|Ukraine,ua
United Arab Emirates,ae|Uruguay,uy|Venezuela,ve|Wales,wal|Eswatini,sz,Swaziland|Gambia,gm,The Gambia
"""

_COUNTRY: Mapping[str, str] = {
    name.lower(): names.split(",")[0]
    for line in _COUNTRIES.strip().split("\n")
    for names in line.split("|")
    for name in names.split(",")
}


def country_of(name: str) -> str:
    """The one form of a country's name or code; what is not known stays as it is."""
    return _COUNTRY.get(name.strip().lower(), name.strip())


#: Every name and code of a country, in lower case, Russian ones too -> its one form.
NAMES: Mapping[str, str] = {**{name.lower(): country_of(english) for name, english in OF_RUSSIAN.items()}, **_COUNTRY}
