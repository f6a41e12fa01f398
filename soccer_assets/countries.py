"""What sources call a country whose English name the platform uses."""

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
