"""Places and countries under their several names, to one form each."""

from collections.abc import Mapping

#: A place's names in several languages, to one form; the first word of each line is the form.
PLACES = """
munchen munchner munich muenchen мюнхен monaco-di-baviera
bayern bavaria бавария
koln cologne koeln кельн кёльн
wien vienna viena вена wiener wr
salzburg зальцбург salzbourg
praha prague prag praga прага
plzen pilsen
olomouc olmutz
moskva moscow moskau москва moskow
petersburg peterburg петербург
kyiv kiev kiew киев київ
lviv lvov lwow львов
kharkiv kharkov charkiw харьков
odesa odessa одесса
dnipro dnepr днепр dnjepr
chornomorets chernomorets черноморец
warszawa warsaw warschau варшава
krakow cracow krakau краков
gdansk danzig гданьск
wroclaw breslau вроцлав
lodz лодзь
poznan posen познань
katowice kattowitz
bucuresti bucharest bukarest бухарест
iasi яссы jassy
cluj клуж klausenburg
sibiu hermannstadt германштадт
constanta констанца
beograd belgrade belgrad белград
zagreb agram загреб
ljubljana laibach
athina athens athen athenes афины athinon
thessaloniki saloniki salonika thessalonika салоники
piraeus pireas pirea пирей
heraklion iraklio irakleio iraklion
crete krete kriti
limassol lemesos lemesou лимассол
larnaca larnaka
nicosia lefkosia lefkosa nikosia
famagusta ammochostos amochostos
istanbul constantinople стамбул истанбул
roma rome rom рим
milano milan mailand милан
torino turin турин торино
napoli naples neapel неаполь наполи
firenze florence florenz
venezia venice venedig венеция
padova padua падуя
mantova mantua
livorno leghorn
sevilla seville севилья
zaragoza saragossa сарагоса
coruna corunna корунья
lisboa lisbon lissabon lisbonne лиссабон
porto oporto порту
geneve geneva genf женева ginevra
zurich цюрих zuerich
basel basle bale базель
bern berne берн
luzern lucerne люцерн
neuchatel neuenburg невшатель
lausanne лозанна
brussel brussels bruxelles brussels брюссель
brugge bruges брюгге
antwerpen antwerp anvers антверпен
gent gand ghent гент
liege luik luttich льеж liegeois
leuven louvain левен
mechelen malines мехелен
kortrijk courtrai кортрейк
mons bergen
namur namen
kobenhavn copenhagen copenhague kopenhagen копенгаген
aarhus arhus орхус
goteborg gothenburg гетеборг
oslo осло
helsinki helsingin helsingfors хельсинки
turku turun abo турку
tampere tampereen tammerfors тампере
vaasa vaasan
kuopio kuopion
seinajoki seinajoen
rovaniemi rovaniemen
riga rigas рига
tallinn tallinna таллин
vilnius вильнюс vilniaus
kaunas kauno каунас
luxembourg luxemburg letzebuerg
strasbourg strassburg страсбур страсбург
nice nizza ницца
marseille marseilles марсель
lyon lyons лион
paris париж пари parigi
corse corsica
bretagne brittany
den-haag haag hague гаага хааг
wales cymru
ireland eire
edinburgh эдинбург
hannover hanover ганновер
hamburg hamburger гамбург хамбург
nurnberg nuremberg нюрнберг nuernberg
braunschweig brunswick брауншвейг
berlin берлин berliner
beijing peking pekin пекин
guangzhou canton гуанчжоу
tokyo tokio токио
mexico мехико
cairo kairo qahira каир
tehran teheran teherān тегеран
algiers alger algier алжир
damascus dimashq
jerusalem yerushalayim иерусалим
baku bakı baki баку
yerevan erevan ереван
tbilisi tiflis тбилиси
almaty алматы alma-ata
tirana tirane tiranes тирана
skopje скопье
sofia sofija софия
nevsky невский
monchengladbach mgladbach gladbach менхенгладбах
heracles iraklis herakles ираклис гераклес
wolfsburg вольфсбург
newcastle ньюкасл
leicester лестер
southampton саутгемптон
toulouse тулуза
lens ланс
auxerre осер
olympia olimpia олимпия
england инглэнд
"""

#: Every spelling of a place to its form.
PLACE: Mapping[str, str] = {word: line.split()[0] for line in PLACES.split("\n") if line for word in line.split()[1:]}

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
