"""What the province is judged by: the group "số hóa hồ sơ" of the indicators of QĐ 766/QĐ-TTg, 22 points.

The formulas are those that a public transcription of the portal's specification gives; the decision's own annex was not
at hand. Where it names no threshold, points grow with the rate. What is counted are *synced* dossiers: what the
province's dossier system tells the national portal of each, less everything about people.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AliasChoices, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from schemas.model import Value
from schemas.settings import ScoreSettings
from schemas.submission import DossierCode, ProcedureCode

Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
"""Such as `2026-03`."""
Unit = Annotated[str, StringConstraints(pattern=r"^[A-Z]\d{2}(\.[0-9A-Z]{1,3}){0,5}$")]
"""An agency in the new coding (QĐ 20/2020/QĐ-TTg), such as `H40.12`; `H40` is the whole province."""

_ISO_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_PLAIN_CODE = len("1.001193")


class SyncedDossier(Value):
    """One dossier, as the national portal knows it, without anything about people."""

    code: DossierCode
    procedure: ProcedureCode
    received_on: date | None
    finished_on: date | None
    has_files: bool
    """Something is attached to one of its components."""
    has_result: bool
    """It has an address at which a result can be had."""
    digitised: bool
    """A component is marked as digitized (`DuocSoHoa`, `HoSoCoThanhPhanSoHoa`)."""
    reused: bool
    """A component is marked as reused (`DuocTaiSuDung`)."""
    from_store: bool
    """A component came from the owner's personal store (`DuocLayTuKhoDMQG`)."""
    result_to_owner: bool
    """Its result has an address, and its owner an identifier to whose list it was synced (`DinhDanhCHS`)."""
    population: bool
    """Made with an account that VNeID knows, with papers from the personal store, or with a database of the state."""

    @property
    def unit(self) -> Unit:
        """Return the agency that received it."""
        return unit_of(self.code)

    @property
    def month(self) -> Month | None:
        """Return the month that it counts in: when it was received, or else finished."""
        day = self.received_on or self.finished_on
        return None if day is None else f"{day:%Y-%m}"


def unit_of(code: DossierCode) -> Unit:
    """Return the agency that received a dossier (TT 01/2018/TT-VPCP art. 19), in the new coding."""
    agency = code.partition("-")[0]
    if agency[0].isdigit():  # `000.00.04.H40`, the least significant part first
        agency = ".".join(part for part in reversed(agency.split(".")) if part.strip("0"))
    return agency


def is_below(unit: Unit, above: Unit) -> bool:
    """Return whether a unit is *above*, or belongs to it."""
    return f"{unit}.".startswith(f"{above}.")


def _day(written: object) -> object:
    if not isinstance(written, str) or not written.strip():
        return None
    if found := _ISO_DAY.match(written):
        return f"{found[1]}-{found[2]}-{found[3]}"
    if found := _DAY.match(written):
        return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}"
    return written


def _some(written: object) -> object:
    return written or ()


def _flag(written: object) -> object:
    return False if written in {None, ""} else written


_Day = Annotated[date | None, BeforeValidator(_day)]
_Flag = Annotated[bool, BeforeValidator(_flag)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Attachment(_Form):
    link: str | None = Constraint(default=None, alias="DuongDanTaiTepTin")
    deleted: _Flag = Constraint(default=False, alias="IsDeleted")
    digitised: _Flag = Constraint(default=False, alias="DuocSoHoa")
    reused: _Flag = Constraint(default=False, alias="DuocTaiSuDung")
    from_store: _Flag = Constraint(default=False, alias="DuocLayTuKhoDMQG")


class _Result(_Form):
    link: str | None = Constraint(default=None, alias="DuongDanTepTinKetQua")


class _Sync(_Form):
    """The dossier object of the national portal's synchronisation (domain: dossier sync), as far as it counts here."""

    code: DossierCode = Constraint(alias="MaHoSo")
    procedure: ProcedureCode = Constraint(alias="MaTTHC")
    received_on: _Day = Constraint(default=None, alias="NgayTiepNhan")
    finished_on: _Day = Constraint(default=None, validation_alias=AliasChoices("NgayKetThucXuLy", "NgayTra"))
    attachments: Annotated[tuple[_Attachment, ...], BeforeValidator(_some)] = Constraint(default=(), alias="TaiLieuNop")
    results: Annotated[tuple[_Result, ...], BeforeValidator(_some)] = Constraint(
        default=(), alias="DanhSachGiayToKetQua"
    )
    digitised: _Flag = Constraint(default=False, alias="HoSoCoThanhPhanSoHoa")
    known_to_vneid: _Flag = Constraint(default=False, alias="TaiKhoanDuocXacThucVoiVNeID")
    databases: Annotated[tuple[Mapping[str, Any], ...], BeforeValidator(_some)] = Constraint(
        default=(), alias="DSKetNoiCSDL"
    )
    owners: Annotated[tuple[Mapping[str, Any], ...], BeforeValidator(_some)] = Constraint(
        default=(), alias="DinhDanhCHS"
    )


def synced_dossier(sync: object) -> SyncedDossier:
    """Return what counts of a dossier object of the national portal's synchronisation; the rest is left where it is.

    Raises:
        pydantic.ValidationError: if it is none; the message does not repeat what it holds.
    """
    given = _Sync.model_validate(sync)
    attached = [each for each in given.attachments if not each.deleted]
    has_result = any(each.link for each in given.results)
    from_store = any(each.from_store for each in attached)
    return SyncedDossier(
        code=given.code,
        procedure=given.procedure,
        received_on=given.received_on,
        finished_on=given.finished_on,
        has_files=any(each.link for each in attached),
        has_result=has_result,
        digitised=given.digitised or any(each.digitised for each in attached),
        reused=any(each.reused for each in attached),
        from_store=from_store,
        result_to_owner=has_result and bool(given.owners),
        population=given.known_to_vneid or from_store or bool(given.databases),
    )


class SyncedList(Value):
    """Dossiers of one month, as they were known at one time."""

    month: Month
    number: int = Constraint(ge=1)
    """1 for the first list of the month; what a later one says of a dossier counts."""
    taken_at: AwareDatetime
    dossiers: tuple[SyncedDossier, ...]


class Line(Value):
    """One indicator."""

    number: str
    """As the decision numbers it; empty where it does not."""
    code: str
    """What the portal's interface calls it."""
    title: str
    most: float
    """Points for it at most."""
    numerator: int | None
    denominator: int | None
    rate: float | None
    """None where nothing is counted, or it is not known."""
    points: float | None


class Score(Value):
    """The whole group, for one unit and everything below it."""

    unit: Unit | None
    """None: everybody."""
    first: Month
    last: Month
    lines: tuple[Line, ...]
    points: float
    """Of all lines that have some."""
    most: float
    """Points at most of the same lines: what the points are out of."""


class Indicator(NamedTuple):
    """How one indicator is counted over dossiers."""

    number: str
    code: str
    title: str
    most: float
    full_from: float
    """The rate from which on there are all the points; below it they grow with the rate."""
    concerns: Callable[[SyncedDossier, ScoreSettings], bool]
    """Whether a dossier is in the denominator."""
    counts: Callable[[SyncedDossier, ScoreSettings], bool]
    """Whether it is in the numerator too."""

    def wanting(self, dossiers: Iterable[SyncedDossier], settings: ScoreSettings) -> list[SyncedDossier]:
        """Return the dossiers that cost points."""
        return [each for each in dossiers if self.concerns(each, settings) and not self.counts(each, settings)]


def _line(indicator: Indicator, counted: Collection[bool]) -> Line:
    rate = sum(counted) / len(counted) if counted else None
    return Line(
        number=indicator.number, code=indicator.code, title=indicator.title, most=indicator.most,
        numerator=sum(counted), denominator=len(counted), rate=rate,
        points=_points(rate, indicator.most, indicator.full_from),
    )  # fmt: skip


def _points(rate: float | None, most: float, full_from: float) -> float | None:
    return None if rate is None else round(min(1.0, rate / full_from) * most, 2)


def _listed(procedure: ProcedureCode, codes: Sequence[ProcedureCode]) -> bool:
    return procedure[:_PLAIN_CODE] in {code[:_PLAIN_CODE] for code in codes}


def _gives_result(dossier: SyncedDossier, settings: ScoreSettings) -> bool:
    return not _listed(dossier.procedure, settings.without_result)


def _of_citizens(dossier: SyncedDossier, settings: ScoreSettings) -> bool:
    return not _listed(dossier.procedure, settings.not_for_citizens)


def _received(dossier: SyncedDossier, _settings: ScoreSettings) -> bool:
    return dossier.received_on is not None


def _any(_dossier: SyncedDossier, _settings: ScoreSettings) -> bool:
    return True


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "4.1", "ORIGINAL_RESULT_AVAILABLE", "Hồ sơ có cấp kết quả điện tử", 6, 1, _gives_result,
        lambda dossier, _: dossier.has_result,
    ),
    Indicator(
        "4.2", "SO_HOA_GIAY_TO_GIAI_QUYET", "Hồ sơ thực hiện số hóa", 4, 0.8, _any,
        lambda dossier, settings: dossier.has_files and (dossier.has_result or not _gives_result(dossier, settings)),
    ),
    Indicator(
        "4.3", "REUSED_DIGITIZED_DATA", "Khai thác, sử dụng lại thông tin số hóa", 2, 0.8, _received,
        lambda dossier, _: dossier.reused,
    ),
    Indicator(
        "4.4", "SYNCED_WITH_DVCQG_PERSONAL_STORAGE", "Số hóa có kết nối, chia sẻ", 4, 1, _received,
        lambda dossier, _: dossier.from_store or dossier.result_to_owner,
    ),
    Indicator(
        "4.5b", "CITIZEN_DATA_CONNECTED_DOSSIER", "Hồ sơ dùng dữ liệu dân cư", 2, 1, _any,
        lambda dossier, _: dossier.population,
    ),
)  # fmt: skip
"""Those that are counted over dossiers. Two more are not: see `score`."""
_PROCEDURES = Indicator(
    "4.5a", "CITIZEN_DATA_CONNECTED_FORMALITY", "Thủ tục kết nối dữ liệu dân cư", 2, 1, _of_citizens,
    lambda dossier, _: dossier.population,
)  # fmt: skip
_CERTIFIED = ("", "ELECTRONIC_CERTIFIED_COPY", "Chứng thực bản sao điện tử", 2.0)


def score(
    dossiers: Sequence[SyncedDossier], settings: ScoreSettings, *, unit: Unit | None, first: Month, last: Month
) -> Score:
    """Return the points of the group.

    4.5a is counted over procedures: one has its mark when any dossier of it has. How certified copies are counted is
    not known; the province says their rate (`score.certified_copies`), or the line stays out of the sum.

    Args:
        dossiers: those of the unit and the months.
        settings: what is known of procedures.
        unit: for the answer.
        first: likewise, first month.
        last: likewise, last month.
    """
    connected: defaultdict[ProcedureCode, bool] = defaultdict(bool)
    for dossier in dossiers:
        if _PROCEDURES.concerns(dossier, settings):
            connected[dossier.procedure[:_PLAIN_CODE]] |= _PROCEDURES.counts(dossier, settings)
    number, code, title, most = _CERTIFIED
    rate = settings.certified_copies
    certified = Line(
        number=number, code=code, title=title, most=most,
        numerator=None, denominator=None, rate=rate, points=_points(rate, most, 1),
    )  # fmt: skip
    counted = [
        _line(each, [each.counts(dossier, settings) for dossier in dossiers if each.concerns(dossier, settings)])
        for each in INDICATORS
    ]
    lines = (*counted[:-1], _line(_PROCEDURES, connected.values()), counted[-1], certified)
    known = [line for line in lines if line.points is not None]
    return Score(
        unit=unit, first=first, last=last, lines=lines,
        points=round(sum(line.points or 0 for line in known), 2), most=sum(line.most for line in known),
    )  # fmt: skip


class Share(Value):
    """What one unit, or one procedure, has done: the columns that provinces' own boards show."""

    name: str
    received: int
    digitised: int
    reused: int
    from_store: int
    finished: int
    with_result: int

    @classmethod
    def of(cls, name: str, dossiers: Sequence[SyncedDossier]) -> Self:
        """Return the counts over *dossiers*."""
        finished = [each for each in dossiers if each.finished_on is not None]
        return cls(
            name=name,
            received=sum(each.received_on is not None for each in dossiers),
            digitised=sum(each.digitised for each in dossiers),
            reused=sum(each.reused for each in dossiers),
            from_store=sum(each.from_store for each in dossiers),
            finished=len(finished),
            with_result=sum(each.has_result for each in finished),
        )


class Reuse(Value):
    """What a month's lookups spared people: papers that nobody had to hand in once more, and nobody had to scan."""

    month: Month
    dossiers: int
    """For which something was looked up."""
    reusing: int
    """Of these, with an answer that can stand in for paper."""
    rate: float | None
    papers: int
    """Different papers that were found, each once a dossier."""
    pages: int
    """What those have."""


class Wanting(Value):
    """A dossier that costs points, and whether the warehouse has a signed copy that only has to be synced."""

    code: DossierCode
    unit: Unit
    procedure: ProcedureCode
    in_warehouse: bool


def shares(dossiers: Iterable[SyncedDossier], by: Callable[[SyncedDossier], str]) -> list[Share]:
    """Return what each group of dossiers has done, by name."""
    groups: defaultdict[str, list[SyncedDossier]] = defaultdict(list)
    for dossier in dossiers:
        groups[by(dossier)].append(dossier)
    return [Share.of(name, groups[name]) for name in sorted(groups)]
