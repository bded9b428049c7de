"""What `make audit` says, and which licences are under our roof."""

import pytest

from deploy.audit import LOCKS, ask, judge, licences, main, pins

SOUND = {"name": "click", "version": "8.5.1", "vulns": []}
PASSED_OVER = {"name": "anyio", "skip_reason": "not found on PyPI and could not be audited"}
KNOWN = {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-2014-8", "fix_versions": ["2.7.2"]}]}


@pytest.mark.parametrize(
    ("dependencies", "code"),
    [([SOUND], 0), ([SOUND, KNOWN], 1), ([KNOWN, PASSED_OVER], 1), ([SOUND, PASSED_OVER], 2), ([], 2)],
)
def test_only_what_was_found_out_about_every_package_counts_as_sound(dependencies, code):
    assert judge({"dependencies": dependencies}).exit_code == code


def test_a_vulnerability_is_named_with_what_mends_it():
    assert judge({"dependencies": [KNOWN]}).vulnerable == ("jinja2 2.4.1: PYSEC-2014-8, mended in 2.7.2",)


def test_when_nobody_can_be_asked_nothing_is_known_of_any_package_and_it_says_so(capsys):
    assert set(ask("false", "osv").unknown) == set(pins(*LOCKS))
    assert main(["false"]) == 2
    assert "NOT AUDITED" in capsys.readouterr().out


def test_what_we_install_is_under_licences_that_let_us_run_and_pass_it_on():
    """Copyleft only where it reaches no further than its own files or library, or where another licence may be chosen."""
    free = (
        "Apache",
        "MIT",
        "BSD",
        "ISC",
        "PSF",
        "Python Software Foundation",
        "CNRI",
        "Zlib",
        "MPL",
        "Mozilla",
        "LGPL",
    )
    for name, packages in licences():
        known = any(word in name for word in (*free, "Lesser General Public"))
        assert known or packages == "text-unidecode", name  # Artistic License, or GPL
        assert "Affero" not in name
        assert "AGPL" not in name
