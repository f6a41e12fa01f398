import msgspec
import pytest

from serving.settings import ServingSettings
from soccer_assets.commands.settings import hide_secrets
from soccer_assets.settings import Settings


def test_every_setting_is_printed_with_its_value_state_and_description(soccer):
    done = soccer("settings", SERVING_PORT="8001", SERVING_HOST=None, SOCCER_SEED="7", SOCCER_TODAY="2024-03-09")
    lines = done.stdout.splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        f"{prefix}_{field.name.upper()}"
        for prefix, form in (("SOCCER", Settings), ("SERVING", ServingSettings))
        for field in msgspec.structs.fields(form)
    ]
    assert "SERVING_PORT=8001  (set) port of the API" in lines
    assert "SERVING_HOST=127.0.0.1  (default) address to listen on" in lines
    assert "SOCCER_SEED=7  (set) seed of every random choice" in lines
    assert any(line.startswith("SOCCER_TODAY=2024-03-09  (set) ") for line in lines)


def test_no_secret_is_printed(soccer):
    done = soccer(
        "settings", SOCCER_REDIS_URL="redis://:hunter2@cache:6379/0", SOCCER_HTTP_PROXY="http://me:hunter2@proxy:3128",
        SOCCER_OPTUNA_URL="postgresql://me@db/optuna?password=hunter2&sslmode=require",
        SOCCER_FONBET_URLS="https://me:hunter2@one.example,https://two.example",
    )  # fmt: skip
    assert done.exit_code == 0 and "hunter2" not in done.output
    assert "SOCCER_REDIS_URL=redis://***@cache:6379/0  (set)" in done.output
    assert "postgresql://***@db/optuna?password=***&sslmode=require" in done.output
    assert '"fonbet":"https://***@one.example,https://two.example"' in done.output


def test_the_value_of_a_file_is_hidden(soccer, tmp_path):
    (tmp_path / "seed").write_text("270699")
    done = soccer("settings", SOCCER_SEED_FILE=str(tmp_path / "seed"), SOCCER_SEED=None)
    assert "SOCCER_SEED=***  (file) seed of every random choice" in done.stdout.splitlines()
    assert "270699" not in done.output


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://user:p@ss@host/0", "redis://***@host/0"),
        ("redis://user:p/ss@host/0", "redis://***@host/0"),
        ("redis://:p,ss@host/0", "redis://***@host/0"),
        ("s3://bucket/folder", "s3://bucket/folder"),
        ("https://a.example/x?sig=abc&X-Amz-Signature=f0", "https://a.example/x?sig=***&X-Amz-Signature=***"),
    ],
)
def test_what_gives_access_is_cut_out_of_an_address(text: str, shown: str) -> None:
    assert hide_secrets(text) == shown
