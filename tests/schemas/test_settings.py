from pathlib import Path

import pytest

from schemas.problem import CONFIGURATION, ProblemError
from schemas.settings import Settings


def test_with_nothing_set_everything_is_local_and_embedded():
    settings = Settings.load({}).settings
    assert settings.home == Path("sohoa-home")
    assert settings.store.kind == "local"
    assert settings.prefect.api_url is None


def test_the_environment_wins_over_the_file_and_the_file_over_the_default():
    loaded = Settings.load(
        {"SOHOA_STORE__BUCKET": "from-env", "PATH": "/bin"}, '[store]\nbucket = "from-file"\nregion = "vn-1"\n'
    )
    assert (loaded.settings.store.bucket, loaded.settings.store.region) == ("from-env", "vn-1")
    origins = {name: origin for name, _, origin in loaded.explain()}
    assert origins["store.bucket"] == "SOHOA_STORE__BUCKET"
    assert origins["store.region"] == "sohoa.toml"
    assert origins["store.kind"] == "default"


@pytest.mark.parametrize(
    ("environ", "toml", "named"),
    [
        ({"SOHOA_BUKET": "x"}, "", "SOHOA_BUKET"),
        ({"SOHOA_STORE__BUKET": "x"}, "", "SOHOA_STORE__BUKET"),
        ({}, "buket = 1", "buket"),
        ({}, "[store]\nbuket = 1", "store.buket"),
        ({"SOHOA_WORKERS": "many"}, "", "SOHOA_WORKERS"),
        ({"SOHOA_STORE__KIND": "s3"}, "", "endpoint, access_key, secret_key"),
        ({}, "not toml", "sohoa.toml"),
        ({"SOHOA_STORE": "s3"}, "", "SOHOA_STORE"),
    ],
)
def test_an_unknown_or_wrong_setting_is_an_error_that_names_it(environ, toml, named):
    with pytest.raises(ProblemError) as refusal:
        Settings.load(environ, toml)
    assert refusal.value.kind == CONFIGURATION
    assert named in str(refusal.value)


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(ProblemError) as refusal:
        Settings.load({"SOHOA_ONE": "1", "SOHOA_TWO": "2"})
    assert "SOHOA_ONE" in refusal.value.problem.detail
    assert "SOHOA_TWO" in refusal.value.problem.detail


def test_secrets_are_never_shown():
    loaded = Settings.load({"SOHOA_OWNER_SECRET": "hush-hush", "SOHOA_API__TOKEN": "hush-token"})
    assert "hush" not in repr(loaded.settings)
    assert "hush" not in str(list(loaded.explain()))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://sohoa:hush@db:5432/sohoa", "postgresql+psycopg://sohoa:**********@db:5432/sohoa"),
        ("postgresql+psycopg://sohoa:hu/sh@hush@db/sohoa", "postgresql+psycopg://sohoa:**********@db/sohoa"),
        ("postgresql://db/sohoa?user=u&password=hush&x=1", "postgresql://db/sohoa?user=u&password=**********&x=1"),
        ("https://hush@prefect.vn/api", "https://**********@prefect.vn/api"),
        ("https://prefect.vn:4200/api", "https://prefect.vn:4200/api"),
        ("sqlite:////home/an@phuong/catalog.sqlite3", "sqlite:////home/an@phuong/catalog.sqlite3"),
    ],
)
def test_a_secret_in_a_url_is_not_shown(url, shown):
    loaded = Settings.load({"SOHOA_CATALOG__URL": url, "SOHOA_PREFECT__API_URL": url})
    explained = {name: value for name, value, _ in loaded.explain()}
    assert (explained["catalog.url"], explained["prefect.api_url"]) == (shown, shown)
    assert "hush" not in repr(loaded.settings)


def test_a_list_is_written_like_a_path_variable():
    settings = Settings.load({"SOHOA_SIGNING__TRUST": "/a/root.pem:/b/root.pem"}).settings
    assert settings.signing.trust == (Path("/a/root.pem"), Path("/b/root.pem"))


def test_a_child_process_can_be_given_the_same_settings():
    settings = Settings.load(
        {"SOHOA_HOME": "/srv/sohoa", "SOHOA_OWNER_SECRET": "hush", "SOHOA_SIGNING__TRUST": "/a.pem:/b.pem"},
        "[limits]\npages = 7\n[store]\nkind = 's3'\nendpoint = 'e:1'\naccess_key = 'k'\nsecret_key = 's'\nsecure = false",
    ).settings
    assert Settings.load(settings.environment()).settings == settings


def test_a_child_process_in_another_folder_finds_the_same_home():
    assert Settings.load(Settings().environment()).settings.home == Path("sohoa-home").absolute()
