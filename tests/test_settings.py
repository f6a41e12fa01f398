import datetime as dt
from pathlib import Path

import msgspec
import pytest

from serving.settings import ServingSettings
from soccer_assets.errors import SettingsError
from soccer_assets.leagues import LEAGUES
from soccer_assets.settings import Settings, named
from soccer_assets.sources.acquisition import acquisitions
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.sources.fetching.client import Client
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Payloads

NAMES = [source.name for source in SOURCES]


def test_without_variables_every_setting_has_its_default():
    settings = Settings.read({})
    assert settings == Settings()
    assert settings.source_urls == {}
    assert (settings.http_retries, settings.http_pause_seconds, settings.http_timeout_seconds) == (3, 1.0, 30.0)
    assert settings.start_date == dt.date(1993, 7, 1)
    assert settings.replay is False


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("SOCCER_VAR", "data", "var", "data"),
        ("SOCCER_START_DATE", "2019-08-01", "start_date", dt.date(2019, 8, 1)),
        ("SOCCER_REPLAY", "true", "replay", True),
        ("SOCCER_REPLAY", "1", "replay", True),
        ("SOCCER_REPLAY", "0", "replay", False),
        ("SOCCER_HTTP_TIMEOUT_SECONDS", "2.5", "http_timeout_seconds", 2.5),
        ("SOCCER_HTTP_PAUSE_SECONDS", "0", "http_pause_seconds", 0.0),
        ("SOCCER_HTTP_RETRIES", "0", "http_retries", 0),
        ("SOCCER_DAGSTER_PORT", "65535", "dagster_port", 65535),
        ("SOCCER_VALUE_EDGE", "0.03", "value_edge", 0.03),
        ("SOCCER_LEAGUES", "E0,SP1", "leagues", "E0,SP1"),
    ],
)
def test_a_variable_is_read_as_the_type_of_its_field(variable, text, field, value):
    found = getattr(Settings.read({variable: text}), field)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        # not of the type
        ("SOCCER_START_DATE", "01/08/2019", "Invalid RFC3339 encoded date"),
        ("SOCCER_HTTP_RETRIES", "many", "Expected `int`, got `str`"),
        ("SOCCER_HTTP_RETRIES", "1.5", "Expected `int`, got `str`"),
        ("SOCCER_REPLAY", "perhaps", "Expected `bool`, got `str`"),
        # out of bounds
        ("SOCCER_DAGSTER_PORT", "0", "Expected `int` >= 1"),
        ("SOCCER_DAGSTER_PORT", "65536", "Expected `int` <= 65535"),
        ("SOCCER_HTTP_TIMEOUT_SECONDS", "0", "Expected `float` > 0.0"),
        ("SOCCER_HTTP_PAUSE_SECONDS", "-1", "Expected `float` >= 0.0"),
        ("SOCCER_VALUE_EDGE", "1", "Expected `float` < 1.0"),
        ("SOCCER_DRIFT_SHARE", "1.01", "Expected `float` <= 1.0"),
        ("SOCCER_FOLDS", "1", "Expected `int` >= 2"),
    ],
)
def test_an_unusable_value_is_named_with_its_field_and_what_was_expected(variable, text, message):
    with pytest.raises(SettingsError) as raised:
        Settings.read({variable: text})
    assert str(raised.value) == f"{variable}: {message}, found {text!r}"


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("SOCCER_HTTP_PAUSE_SECONDS", "inf", "expected a number that is finite, found 'inf'"),
        ("SOCCER_ENV", "prod", "expected one out of ['local', 'staging', 'production'], found 'prod'"),
        ("SOCCER_LOG_FORMAT", "xml", "expected one out of ['text', 'json'], found 'xml'"),
        ("SOCCER_TODAY", "9999-12-31", "expected a day of the years 1850 to 2999, found 9999-12-31"),
        ("SOCCER_START_DATE", "0001-01-01", "expected a day of the years 1850 to 2999, found 0001-01-01"),
        (
            "SOCCER_LAKE_URL",
            "gs://b/lake",
            "expected a folder or an address that begins with s3://, found 'gs://b/lake'",
        ),
        ("SOCCER_PAYLOADS_URL", "http://b", "expected a folder or an address that begins with s3://, found 'http://b'"),
    ],
)
def test_a_value_that_no_run_can_use_is_refused_when_it_is_read(variable, text, message):
    with pytest.raises(SettingsError) as raised:
        Settings.read({variable: text})
    assert str(raised.value) == f"{variable}: {message}"


@pytest.mark.parametrize("variable", ["SOCCER_VAR", "SOCCER_LAKE_URL", "SOCCER_PAYLOADS_URL"])
def test_a_file_where_a_folder_is_to_be_is_refused(tmp_path, variable):
    file = tmp_path / "file"
    file.touch()
    for address in {str(file)} if variable == "SOCCER_VAR" else {str(file), file.as_uri()}:
        with pytest.raises(SettingsError) as raised:
            Settings.read({variable: address})
        assert str(raised.value) == (
            f"{variable}: expected a folder, or a path at which one can be made, found the file {address!r}: "
            "give another path"
        )


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("SOCCER_LEAGUE", "SOCCER_LEAGUES"),
        ("SOCCER_TRIAL", "SOCCER_TRIALS"),
        ("SOCCER_LAK_URL", "SOCCER_LAKE_URL"),
        ("SOCCER_STARTDATE", "SOCCER_START_DATE"),
        ("SOCCER_REDIS_URL_FIL", "SOCCER_REDIS_URL_FILE"),
    ],
)
def test_a_name_with_a_slip_is_refused_with_the_one_that_was_meant(variable, meant):
    with pytest.raises(SettingsError) as raised:
        Settings.read({variable: "E0"})
    assert str(raised.value) == (
        f"expected the name of a setting, such as {meant}, found {variable}: correct it, or unset it"
    )


@pytest.mark.parametrize(
    "variable",
    ["SOCCER_REDIS_PORT", "SOCCER_MLFLOW_PORT", "SOCCER_DAGSTER_PORT_80_TCP", "SOCCER_DAGSTER_SERVICE_PORT", "SOCCER_JOB_ID"],
)  # fmt: skip
def test_what_a_cluster_says_of_its_services_is_no_slip(variable):
    assert Settings.read({variable: "tcp://10.0.0.1:80"}) == Settings()


def test_the_address_of_a_source_under_a_name_with_a_slip_is_refused(tmp_path):
    settings = Settings.read({"SOCCER_VAR": str(tmp_path), "SOCCER_FOOTBAL_DATA_URL": "http://mirror"})
    payloads = Payloads(settings.payloads, Lake(settings.lake))
    with pytest.raises(SettingsError, match="such as SOCCER_FOOTBALL_DATA_URL, found SOCCER_FOOTBAL_DATA_URL"):
        acquisitions(SOURCES, settings, Client(settings, payloads), payloads)


def test_the_error_of_one_setting_tells_no_value_of_another():
    with pytest.raises(SettingsError) as raised:
        Settings.read({"SOCCER_FOLDS": "1", "SOCCER_OPTUNA_URL": "postgresql://user:swordfish@host/db"})
    assert str(raised.value) == "SOCCER_FOLDS: Expected `int` >= 2, found '1'"


def test_a_setting_may_stand_in_a_file(tmp_path):
    file = tmp_path / "redis_url"
    for text in ("redis://:swordfish@redis:6379/0", "redis://:swordfish@redis:6379/0\n"):
        file.write_text(text)
        assert Settings.read({"SOCCER_REDIS_URL_FILE": str(file)}).redis_url == "redis://:swordfish@redis:6379/0"
    file.write_text("7\n")
    assert Settings.read({"SOCCER_SEED_FILE": str(file), "SOCCER_SEED": "", "SOCCER_FOLDS_FILE": ""}).seed == 7
    assert ServingSettings.read({"SERVING_PORT_FILE": str(file), "SERVING_KEYS_FILE": "keys.json"}).port == 7


def test_a_setting_given_twice_or_in_a_file_that_cannot_be_read_is_an_error(tmp_path):
    file, variable = tmp_path / "redis_url", "SOCCER_REDIS_URL"
    file.touch()
    messages = []
    for variables in (
        {variable: "redis://cache", f"{variable}_FILE": str(file)},
        {f"{variable}_FILE": str(file)},
        {f"{variable}_FILE": f"{file}s"},
    ):
        with pytest.raises(SettingsError) as raised:
            Settings.read(variables)
        messages.append(str(raised.value))
    assert messages == [
        "expected SOCCER_REDIS_URL or SOCCER_REDIS_URL_FILE, found both: leave one out",
        f"SOCCER_REDIS_URL_FILE: expected a file with the value of SOCCER_REDIS_URL, found '{file}': it is empty",
        f"SOCCER_REDIS_URL_FILE: expected a file with the value of SOCCER_REDIS_URL, found '{file}s': "
        f"[Errno 2] No such file or directory: '{file}s'",
    ]


def test_trusted_proxies_are_addresses_or_networks():
    assert ServingSettings.read({"SERVING_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}).trusted_proxies == "10.0.0.0/8, ::1"
    for text, reason in (("10.0.0.1/8", "10.0.0.1/8 has host bits set"), ("proxy", "'proxy' does not appear to be")):
        with pytest.raises(SettingsError) as raised:
            ServingSettings.read({"SERVING_TRUSTED_PROXIES": f"127.0.0.1,{text}"})
        assert str(raised.value).startswith(
            f"SERVING_TRUSTED_PROXIES: expected addresses or networks such as 10.0.0.0/8, found {text!r}: {reason}"
        )


def test_every_source_has_an_address_of_its_own_unless_a_variable_gives_another():
    own = {source.name: source.hosts(Settings()) for source in SOURCES}
    assert own["football_data"] == ["https://www.football-data.co.uk"]
    given = Settings.read(
        {"SOCCER_FONBET_URL": "http://a/, http://b", "SOCCER_LAKE_URL": "x", "SOCCER_UNDERSTAT_URL": ""}
    )
    assert given.source_urls == {"fonbet": "http://a/, http://b"}
    assert {source.name: source.hosts(given) for source in SOURCES} == own | {"fonbet": ["http://a", "http://b"]}
    fonbet = next(source for source in SOURCES if source.name == "fonbet")
    with pytest.raises(SettingsError, match="SOCCER_FONBET_URL: expected an address or more, found ' , '"):
        fonbet.hosts(Settings(source_urls={"fonbet": " , "}))


def test_variables_of_others_and_empty_ones_are_ignored():
    assert Settings.read({"PATH": "/bin", "SOCCER_UNKNOWN": "1", "VAR": "x", "SOCCER_VAR": ""}) == Settings()


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    monkeypatch.setenv("SOCCER_SEED", "7")
    assert Settings.read().seed == 7


def test_addresses_lie_under_var_unless_they_are_given(tmp_path):
    settings = Settings.read({"SOCCER_VAR": str(tmp_path)})
    assert settings.lake == str(tmp_path / "lake")
    assert settings.payloads == str(tmp_path / "payloads")
    assert settings.mlflow == f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}"
    given = Settings.read({"SOCCER_LAKE_URL": "s3://lake", "SOCCER_PAYLOADS_URL": "p", "SOCCER_MLFLOW_URL": "http://m"})
    assert (given.lake, given.payloads, given.mlflow) == ("s3://lake", "p", "http://m")


def test_var_may_start_at_the_home_folder():
    assert Settings(var="~/soccer").var_path == Path.home() / "soccer"


@pytest.mark.parametrize("folder", ["/data/what?", "/data/\udce9t\udce9"])
def test_a_folder_in_which_no_database_can_lie_is_refused(folder):
    with pytest.raises(SettingsError) as raised:
        Settings.read({"SOCCER_VAR": f"{folder}/var"})
    assert str(raised.value) == (
        "SOCCER_VAR: expected a folder whose path is UTF-8 and has no `?`, where the address of an SQLite database ends, "
        f"found {f'{folder}/var'!r}: give another folder"
    )


def test_settings_do_not_change():
    with pytest.raises(AttributeError):
        Settings().seed = 1  # type: ignore[misc]


def test_every_setting_says_what_it_is():
    hints = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    described = {name: hint.__metadata__[0].description for name, hint in hints.items()}
    assert all(described.values())


def test_names_are_chosen_from_a_list_and_all_of_them_by_none():
    assert named("SOCCER_LEAGUES", " SP1, E0 ,", LEAGUES) == ["SP1", "E0"]
    assert named("SOCCER_SOURCES", "", NAMES) == list(NAMES)


def test_an_unknown_name_is_refused_with_those_that_are_known():
    with pytest.raises(SettingsError) as raised:
        named("SOCCER_SOURCES", "fonbet,sofifa,X", NAMES)
    assert str(raised.value) == (
        "SOCCER_SOURCES: expected names out of ['fonbet', 'football_data', 'openfootball', 'understat', 'whoscored'], "
        "found ['sofifa', 'X']"
    )


SHARED = {
    "SOCCER_LAKE_URL": "s3://soccer/lake",
    "SOCCER_PAYLOADS_URL": "s3://soccer/payloads",
    "SOCCER_MLFLOW_URL": "http://mlflow:5000",
    "SOCCER_OPTUNA_URL": "postgresql+psycopg2://soccer@postgres/optuna",
    "SOCCER_REDIS_URL": "redis://redis:6379/0",
}


def test_production_has_shared_stores_and_the_sources_own_data():
    assert Settings.read(SHARED | {"SOCCER_ENV": "production"}).env == "production"
    for environment in ("staging", "production"):
        with pytest.raises(SettingsError) as refused:
            Settings.read(SHARED | {"SOCCER_ENV": environment, "SOCCER_LAKE_URL": "/lake", "SOCCER_REDIS_URL": ""})
        assert str(refused.value) == (
            f"SOCCER_ENV={environment}: expected stores that several machines share, found none in SOCCER_LAKE_URL, "
            "SOCCER_REDIS_URL: give a URL of each, or SOCCER_ENV=local"
        )


@pytest.mark.parametrize(
    "variable",
    [("SOCCER_TODAY", "2024-05-20"), ("SOCCER_REPLAY", "1"), ("SOCCER_UNDERSTAT_URL", "http://127.0.0.1:8123")],
)
def test_staging_may_live_through_another_day_and_production_may_not(variable):
    settings = dict([*SHARED.items(), variable])
    assert Settings.read(settings | {"SOCCER_ENV": "staging"}).env == "staging"
    with pytest.raises(SettingsError, match="expected today's data of the sources"):
        Settings.read(settings | {"SOCCER_ENV": "production"})
