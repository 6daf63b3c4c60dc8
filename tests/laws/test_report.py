"""The report and its figures: what a reader sees is true, complete, safe to open and drawn."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import dask.array as da
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shanhai import data
from shanhai.airsea import LAWS, FluxOptions
from shanhai.core.errors import InputError
from shanhai.core.notation import quantity, table
from shanhai.io import provenance
from shanhai.monitoring import config, report_figures
from shanhai.monitoring.report import figures_for, page, write_report, write_tables
from shanhai.monitoring.results import AccuracyResult, Report, Sentence
from shanhai.plot import bars, maps, scatter, style

VOID = {"meta", "img", "br", "hr", "link", "input"}


def make_fields(months=12, rows=20, columns=25, start="2010-01"):
    rng = np.random.default_rng(1)
    lat, lon = np.linspace(23.25, 40.75, rows), np.linspace(117.5, 130.5, columns)
    starts = pd.date_range(start, periods=months + 1, freq="MS").values.astype("datetime64[ns]")
    t, y, x = np.meshgrid(np.arange(months), lat, lon, indexing="ij")
    season = np.cos(2 * np.pi * (t - 1) / 12)
    delta = -3 - 5 * season + 4 * np.sin(y / 4) + 3 * np.cos(x / 3) + rng.normal(0, 0.5, t.shape)
    land = (x - 117) * 1.1 < (y - 24) * 0.5
    put = lambda values: (("time", "latitude", "longitude"), np.where(land, np.nan, values))  # noqa: E731
    k = 12 + 4 * season + 0.2 * (y - 23)
    fields = {
        "co2_flux": put(0.08 * k * delta),
        "delta_pco2": put(delta),
        "pco2_sea": put(38 + delta),
        "transfer_velocity": put(k),
        "wind_compensation": put(1.25 + 0 * t),
        "co2_flux_uncertainty": put(1.0 + 0.1 * np.abs(delta)),
        "time_bounds": (("time", "bounds"), np.stack([starts[:-1], starts[1:]], axis=1)),
        "cell_area": (("latitude", "longitude"), np.full((rows, columns), 2500.0)),
    }
    return xr.Dataset(fields, coords={"time": starts[:-1], "latitude": lat, "longitude": lon})


def net_flux_rows(area="Yellow Sea", key=True, scale=1.0, shares=0.82):
    spans = [("month", f"2010-{m:02d}") for m in range(1, 13)]
    spans += [("season", "2010-MAM"), ("season", "2010-JJA"), ("year", "2010")]
    rows = []
    for total, label in spans:
        month = int(label[5:]) if total == "month" else 6
        net = scale * (-4e8 * np.cos(2 * np.pi * (month - 1) / 12) - 1e8) if total != "year" else -1.2e9 * scale
        rows.append(
            {
                "area": area,
                "key": key,
                "total": total,
                "label": label,
                "start": pd.Timestamp("2010-01-01"),
                "end": pd.Timestamp("2011-01-01"),
                "days": 31.0,
                "complete": total != "season",
                "mean_flux": net / 1e8,
                "net_co2_flux": net,
                "valid_area": 3.1e5,
                "sea_area": 3.8e5,
                "valid_fraction": shares,
                "coverage": "good",
                "net_co2_flux_uncertainty": 0.2 * abs(net) + 1e7,
            }
        )
    return rows


def make_accuracy(passed=True):
    reason = Sentence("R = 0.89 is above 0.7.", "R = 0.89，大于0.7。")
    flux_reason = Sentence("RMSE = 6.1 is not below 4.", "RMSE = 6.1，不小于4。")
    return [
        AccuracyResult("pco2_sea", 340, 0.89, 1.74, -0.21, 38.2, 0.33, 3.5, False, passed, (reason,)),
        AccuracyResult("co2_flux", 34, 0.62, 6.1, 1.2, -14.0, 0.9, 0.4, True, False, (flux_reason,)),
    ]


def make_match_ups():
    rng = np.random.default_rng(2)
    truth = rng.normal(38, 6, 340)
    flux = rng.normal(-14, 8, 34)
    return {
        "pco2_sea": pd.DataFrame({"in_situ": truth, "product": truth + rng.normal(-0.2, 1.7, 340)}),
        "co2_flux": pd.DataFrame({"in_situ": flux, "product": flux + rng.normal(1.2, 6, 34)}),
    }


def make_report(title="China seas 2010", accuracy=True, areas=("Yellow Sea",), mode="standard", **flux):
    inputs = {n: {"files": f"inputs/{n}_*.nc", "variable": n} for n in config.REQUIRED_INPUTS}
    inputs["sea_surface_temperature"] |= {"units": "K", "time_label": "middle"}
    raw = {
        "kind": "flux",
        "title": title,
        "inputs": inputs,
        "time": {"start": "2010-01", "end": "2010-12"},
        "region": {"west": 117, "east": 131, "south": 23, "north": 41},
        "flux": {"mode": mode, **flux},
        "net_flux": {
            "areas": [
                {"name": n, "box": [119 + 3 * i, 32 - 5 * i, 127, 39 - 7 * i], "key": i == 0}
                for i, n in enumerate(areas)
            ]
        },
        "uncertainty": {},
    }
    settings = config.parse(raw).model_dump(mode="json", exclude_none=True)
    rows = [r for i, n in enumerate(areas) for r in net_flux_rows(n, i == 0, 1 - 1.7 * i, 0.82 - 0.25 * i)]
    statistics = pd.DataFrame(
        {"mean": -3 - 4 * np.cos(np.arange(12) / 1.9), "minimum": -20.0, "maximum": 15.0,
         "valid_cells": 11234, "days": 31.0},
        index=pd.Index([f"2010-{m:02d}" for m in range(1, 13)], name="period"),
    )  # fmt: skip
    return Report(
        title=title,
        mode=mode,
        settings=settings,
        net_flux=pd.DataFrame(rows),
        accuracy=make_accuracy() if accuracy else [],
        match_ups=make_match_ups() if accuracy else {},
        notes=[Sentence("No land mask is given.", "未给定陆地掩膜。")],
        statistics=statistics,
        provenance={
            "versions": provenance.versions(),
            "inputs": {"inputs/sst_2010.nc": "sha256:" + 64 * "a"},
            "parameters": provenance.parameters(FluxOptions()),
            "fingerprint": 64 * "b",
        },
    )


@pytest.fixture(scope="module")
def fields():
    return make_fields()


@pytest.fixture(scope="module")
def drawn(fields, tmp_path_factory):
    report = make_report()
    report.figures = figures_for(report, fields, tmp_path_factory.mktemp("drawn"))
    return report


class Reader(HTMLParser):
    """Checks nesting, collects text and every address that a browser would load."""

    def __init__(self):
        super().__init__()
        self.open, self.addresses, self.text, self.tags = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [v for k, v in attributes if k in ("src", "href", "data", "srcset", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> crosses another element"

    def handle_data(self, text):
        if not (self.open and self.open[-1] in ("style",)):
            self.text.append(text)


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


def test_the_page_is_well_formed_and_loads_nothing_from_outside(drawn, tmp_path):
    for language in ("en", "zh"):
        html = write_report(drawn, tmp_path / language, language).read_text(encoding="utf8")
        reader = read(html)
        assert all(a.startswith(("#", "data:image/png;base64,")) for a in reader.addresses)
        assert "script" not in reader.tags
        assert not re.search(r"@import|url\(", html)


def test_every_link_inside_the_page_has_its_target(drawn):
    html = page(drawn)
    for target in re.findall(r'href="#([^"]+)"', html):
        assert f'id="{target}"' in html


def test_every_text_exists_in_both_languages_and_is_used():
    here = Path(report_figures.__file__)
    files = [here, here.with_name("report.py"), here.with_name("report_words.py")]
    files += [Path(m.__file__) for m in (maps, scatter, bars, style)]
    code = "".join(f.read_text(encoding="utf8") for f in files)
    code += data.path("templates/report.html.j2").read_text(encoding="utf8")
    derived = {"sink", "source", "neutral", "good", "usable", "insufficient", "unknown", "passed", "failed"}
    derived |= {"undecided", "monthly", "8-day", "daily", "skin", "subskin"}
    for section in ("figures", "captions", "words", "report", "options"):
        for key, row in style._all_texts()[section].items():
            assert min(map(len, row.values())) > 0, key
            assert set(re.findall(r"{(\w+)}", row["en"])) == set(re.findall(r"{(\w+)}", row["zh"])), key
            stems = ("coverage_", "span_", "mode_", "statistic_", "reject_", "short_", "_sentence", "_title")
            known = key in derived or re.search(rf"\b{re.escape(key)}\b", code) or any(s in key for s in stems)
            assert known or key in report_figures.MEANS, f"{section}.{key} is never used"


def test_the_chinese_page_speaks_chinese_and_the_english_page_english(drawn):
    english, chinese = read(page(drawn, "en")).text, read(page(drawn, "zh")).text
    assert not re.search(r"[\u4e00-\u9fff]", "".join(english))
    assert len(re.findall(r"[\u4e00-\u9fff]", "".join(chinese))) > 1200
    latin_lines = [x for x in chinese if re.fullmatch(r"[A-Z][a-z]+( [a-z]+){3,}\.?", x.strip())]
    parameter_meanings = {p["meaning"] for p in drawn.provenance["parameters"]}
    assert [x for x in latin_lines if x.strip() not in parameter_meanings] == []


def test_hostile_text_is_shown_and_never_run(tmp_path, fields):
    hostile = "<script>alert('x')</script> & $\\frac{1} {{ 7*7 }}"
    report = make_report(title=hostile, areas=(hostile,))
    report.notes = [Sentence(hostile, hostile)]
    report.figures = figures_for(report, fields[["co2_flux"]].isel(time=[0]), tmp_path)
    html = page(report)
    assert "<script" not in html
    assert hostile in "".join(read(html).text)


def test_the_headline_says_sink_or_source_how_much_and_how_well_covered():
    report = make_report(accuracy=False, areas=("Yellow Sea", "Bohai"))
    text = " ".join("".join(read(page(report)).text).split())
    assert "In 2010, Yellow Sea was a net sink of atmospheric CO₂: the sea took up" in text
    assert "took up (1.20 ± 0.25)×10⁹ kg C (1.20 ± 0.25 Tg C)" in text
    assert "Valid data cover 82% of its area: good" in text
    assert "In 2010, Bohai was a net source of CO₂ to the atmosphere: the sea released" in text
    assert "released (8.4 ± 1.8)×10⁸ kg C (840 ± 180 Gg C)" in text
    assert "Valid data cover 57% of its area: acceptable" in text
    assert "not assessed" in text
    chinese = "".join(read(page(report, "zh")).text).replace("\u00a0", " ")
    assert "2010年，Bohai是大气二氧化碳的源，净排放(8.4 ± 1.8)×10⁸ kg C" in chinese


def test_the_headline_never_speaks_of_a_year_when_the_data_cover_a_month():
    report = make_report(accuracy=False)
    rows = report.net_flux[report.net_flux["label"].isin(["2010-08", "2010-JJA", "2010"])].copy()
    rows["complete"] = rows["total"] == "month"
    report.net_flux = rows
    text = "".join(read(page(report)).text)
    assert "In August 2010, Yellow Sea" in text
    assert "In 2010," not in text
    rows["complete"], rows["end"], rows["start"] = (
        False,
        pd.Timestamp("2010-08-20"),
        pd.Timestamp("2010-08-01"),
    )
    assert "In August 2010, Yellow Sea" in "".join(read(page(report)).text)


def test_a_net_flux_within_two_standard_uncertainties_of_zero_is_called_uncertain():
    report = make_report(accuracy=False)
    report.net_flux["net_co2_flux_uncertainty"] = 1e10
    html = page(report)
    assert "the sign is not certain" in html
    assert "sign uncertain" in html


def test_a_missing_net_flux_is_said_and_not_shown_as_a_number():
    report = make_report(accuracy=False)
    report.net_flux[["net_co2_flux", "mean_flux", "net_co2_flux_uncertainty"]] = np.nan
    html = page(report)
    assert "could not be given" in html
    assert not re.search(r"\bnan\b", "".join(read(html).text).lower())


def test_accuracy_verdicts_show_each_rule_with_its_threshold_and_the_reasons():
    text = " ".join("".join(read(page(make_report())).text).split())
    assert "does not meet the accuracy requirements" in text
    assert "meets the accuracy requirements" in text
    assert "> 0.7" in text
    assert "< 3.5 Pa" in text
    assert "< 40%" in text
    assert "43.6%" in text
    assert "RMSE = 6.1 is not below 4." in text
    chinese = "".join(read(page(make_report(), "zh")).text)
    assert "判定为合格" in chinese
    assert "判定为不合格" in chinese


@pytest.mark.parametrize("law", sorted(LAWS))
def test_the_method_gives_every_law_with_its_reference(law):
    reader = read(page(make_report(accuracy=False, law=law)))
    text = "".join(reader.text)
    assert LAWS[law]().source in text
    assert reader.tags.count("math") == 13


def test_every_departure_from_the_standard_is_named():
    assert "Uncertainties are propagated" in page(make_report(accuracy=False))
    report = make_report(
        accuracy=False, mode="table_d1", law="nightingale_2000", schmidt="wanninkhof_2014",
        wind_compensation="none", fugacity=True, cool_skin="fixed", salty_skin=0.1, sea_ice=True,
    )  # fmt: skip
    report.settings["net_flux"] |= {"area_rule": "ellipsoid", "weighting": "days"}
    report.settings["net_flux"]["require_every_subperiod"] = False
    report.settings["accuracy"] = {"match": "climatology", "reject": "robust", "signed_variation": True}
    for language in ("en", "zh"):
        html = unescape(page(report, language))
        given = style.texts(language, "options")
        missing = [k for k, v in given.items() if "{" not in v and v not in ("sub-skin", "skin") and v not in html]
        assert set(missing) <= {"reject_none", "skin", "subskin"}
    plain = make_report(accuracy=False)
    plain.settings.pop("uncertainty")
    assert "every choice of this job is the standard&#39;s own" in page(plain)


def test_a_report_with_nothing_in_it_still_renders():
    for language in ("en", "zh"):
        read(page(Report("empty", "standard", {}, pd.DataFrame()), language))


def test_many_periods_are_told_in_one_sentence():
    report = make_report(accuracy=False)
    report.net_flux = report.net_flux[report.net_flux["total"] == "month"]
    assert "Of 12 periods, Yellow Sea was a sink in" in page(report)


def test_tables_are_utf8_csv_with_units_in_their_heads(tmp_path):
    paths = write_tables(make_report(areas=("东海",)), tmp_path)
    names = {"net_flux", "accuracy", "periods", "match_ups_pco2_sea", "match_ups_co2_flux"}
    assert {p.stem for p in paths} == names
    net = pd.read_csv(tmp_path / "net_flux.csv", encoding="utf8")
    assert {"net_co2_flux_kgC", "sea_area_km2", "mean_flux_mmol_m2_d"} <= set(net.columns)
    assert net["area"][0] == "东海"
    np.testing.assert_allclose(net["net_co2_flux_kgC"], make_report().net_flux["net_co2_flux"])
    assert "in_situ_Pa" in pd.read_csv(tmp_path / "match_ups_pco2_sea.csv").columns
    assert list(tmp_path.glob(".*partial")) == []


def test_each_job_gets_the_figures_its_fields_allow(drawn, fields, tmp_path):
    names = [f.name for f in drawn.figures]
    assert {"mean_delta_pco2", "mean_effective_k", "mean_pco2_sea", "mean_co2_flux_uncertainty"} <= set(names)
    assert {"net_flux", "flux_series", "match_ups_pco2_sea", "match_ups_co2_flux"} <= set(names)
    bare = make_report(accuracy=False)
    some = figures_for(bare, fields[["co2_flux", "time_bounds"]].isel(time=[0]), tmp_path)
    assert [f.name for f in some] == ["mean_flux", "net_flux", "flux_series"]
    bare.net_flux, bare.statistics = bare.net_flux[:1], bare.statistics[:1]
    one = figures_for(bare, fields[["co2_flux", "time_bounds"]].isel(time=[0]), tmp_path)
    assert [f.name for f in one] == ["mean_flux"]


def test_polygon_areas_are_outlined_and_only_their_largest_part_is_named(tmp_path):
    big = [[120, 30], [125, 30], [125, 35], [120, 35], [120, 30]]
    island = [[127, 25], [128, 25], [128, 26], [127, 25]]
    file = tmp_path / "sea.geojson"
    file.write_text(json.dumps({"type": "MultiPolygon", "coordinates": [[island], [big]]}))
    report = make_report(accuracy=False)
    report.settings["net_flux"]["areas"] = [{"name": "sea", "polygon": str(file)}]
    outlines = list(report_figures._outlines(report))
    assert [name for name, _ in outlines] == ["sea", ""]
    assert {tuple(p) for p in outlines[0][1]} == {tuple(p) for p in big}


def test_figures_are_not_blank_and_come_out_the_same_twice(drawn, fields, tmp_path):
    for figure in drawn.figures:
        pixels = matplotlib.image.imread(figure.path)[::4, ::4, :3]
        assert pixels.std() > 0.03, figure.name
        assert len(np.unique((pixels * 255).astype(int) @ [1, 256, 65536])) > 20, figure.name
    report = make_report(accuracy=False)
    paths = [figures_for(report, fields[["co2_flux"]].isel(time=[0]), tmp_path / n)[0].path for n in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_several_years_get_a_sheet_of_years_and_a_mean_year_of_months(tmp_path):
    several = make_fields(months=27, rows=6, columns=8)
    means = report_figures._means(several)
    assert means["years"].sizes["panel"] == 3
    assert list(means["months"]["panel"].values) == [f"{m:02d}" for m in range(1, 13)]
    first = several["co2_flux"].isel(time=[0, 12, 24]).mean("time")
    np.testing.assert_allclose(means["months"][0], first)


def test_a_huge_grid_is_reduced_by_means_before_it_is_computed():
    values = da.ones((2, 4320, 8640), chunks=(1, 1080, 1080)) * np.nan
    values = da.where(da.arange(8640, chunks=1080) < 4320, values, 3.0)
    huge = xr.DataArray(
        values, dims=("time", "latitude", "longitude"),
        coords={"latitude": (np.arange(4320) + 0.5) / 24 - 90,
                "longitude": (np.arange(8640) + 0.5) / 24 - 180},
    )  # fmt: skip
    small = maps.coarsen(huge)
    assert small.chunks
    assert max(small.shape) <= 2000
    piece = small[0, :4].compute()
    assert np.isnan(piece[:, 0]).all()
    assert (piece[:, -1] == 3.0).all()


def test_coarsening_keeps_the_mean_of_the_valid_cells_and_every_cell():
    field = make_fields(1, 19, 25)["co2_flux"][0]
    small = maps.coarsen(field, 10)
    assert small.shape == (7, 9)
    block = field.values[:3, 6:9]
    np.testing.assert_allclose(small.values[0, 2], np.nanmean(block))
    assert np.isfinite(small.values[:, -1]).any()


def test_signed_fields_have_a_scale_symmetric_about_zero():
    scale = maps.scale_of(np.array([-1.0, 2.0, 7.3, 100.0, np.nan] * 50), "co2_flux")
    assert scale.norm.vmin == -scale.norm.vmax
    assert scale.colours(scale.norm(0.0))[:3] == pytest.approx((0.97, 0.97, 0.97), abs=0.02)
    assert maps.scale_of(np.full(4, np.nan), "delta_pco2").norm.vmax == 1.0
    assert maps.scale_of(np.full(4, 35.0), "pco2_sea").norm.vmin < 35.0


def test_a_map_across_the_date_line_is_labelled_east_and_west():
    lon = np.arange(170.5, 190.0)
    field = xr.DataArray(
        np.outer(np.linspace(-1, 1, 10), np.ones(20)), dims=("latitude", "longitude"),
        coords={"latitude": np.arange(10) + 40.5, "longitude": lon},
    )  # fmt: skip
    box = np.array([(-179.0, 42.0), (-175.0, 42.0), (-175.0, 46.0), (-179.0, 46.0)])
    figure = maps.flux_map(field, title="date line", outlines=[("box", box)])
    figure.draw_without_rendering()
    axes = figure.axes[0]
    labels = {t.get_text() for t in axes.get_xticklabels()}
    assert "180°" in labels
    assert labels & {"175°E", "174°E", "176°E"}
    assert any(x.endswith("W") for x in labels)
    assert {line.get_xdata().min() for line in axes.lines} == {181.0}


def test_a_box_across_the_edge_of_the_map_appears_on_both_sides():
    field = xr.DataArray(
        np.zeros((18, 36)), dims=("latitude", "longitude"),
        coords={"latitude": np.arange(-85.0, 90, 10), "longitude": np.arange(-175.0, 180, 10)},
    )  # fmt: skip
    box = np.array([(130.0, 20.0), (250.0, 20.0), (250.0, 60.0), (130.0, 60.0)])
    axes = maps.flux_map(field, title="globe", outlines=[("Pacific", box)]).axes[0]
    assert {line.get_xdata().min() for line in axes.lines} == {130.0, -230.0}
    assert [t.get_text().strip() for t in axes.texts] == ["Pacific"]


def test_maps_refuse_other_dimensions():
    field = make_fields(2)["co2_flux"]
    with pytest.raises(InputError, match="a map needs"):
        maps.flux_map(field, title="x")
    with pytest.raises(InputError, match="names for them"):
        maps.panel_maps(field, ["one"], "co2_flux", title="x")
    with pytest.raises(InputError, match="do not pair"):
        scatter.match_up_scatter([1.0], [1.0, 2.0], "pco2_sea", title="x")


def test_many_match_ups_are_drawn_as_density():
    x = np.random.default_rng(0).normal(40, 5, 5000)
    figure = scatter.match_up_scatter(x, x + 1, "pco2_sea", title="many", statistics={"N": 5000, "R": 1.0})
    assert len(figure.axes) == 2


@pytest.mark.skipif(style.chinese_font() is None, reason="no Chinese font here")
@pytest.mark.filterwarnings("error:.*[Gg]lyph.*")
def test_chinese_figures_have_no_empty_boxes(fields, tmp_path, caplog):
    report = make_report(areas=("渤海", "East $ Sea"))
    figures_for(report, fields[["co2_flux", "delta_pco2"]].isel(time=[0, 1, 2]), tmp_path, "zh")
    assert "glyph" not in caplog.text


def test_figures_are_in_english_where_no_chinese_font_exists(monkeypatch, fields, tmp_path):
    monkeypatch.setattr(style, "chinese_font", lambda: None)
    assert style.figure_language("zh") == "en"
    assert not style.drawable("东海")
    report = make_report(areas=("东海",), accuracy=False)
    figures = figures_for(report, fields[["co2_flux"]].isel(time=[0]), tmp_path, "zh")
    captions = {f.name: f.caption.zh for f in figures}
    assert "Sea area 1 = 东海" in captions["net_flux"]
    drawing = maps.flux_map(fields["co2_flux"][0], title="平均通量", language="zh")
    words = "".join(t.get_text() for t in drawing.findobj(lambda a: hasattr(a, "get_text")))
    assert not re.search(r"[\u4e00-\u9fff]", words)


def test_every_quantity_of_the_notation_table_has_a_label_that_can_be_drawn():
    with style.look():
        figure = style.new_figure(4, 4)
        for i, name in enumerate(table()):
            figure.text(0.1, i / 40, style.label(name))
            assert style.drawable(style.unit_text(quantity(name).unit)), name
        figure.draw_without_rendering()


def test_drawing_leaves_the_settings_of_matplotlib_alone(fields):
    before = dict(matplotlib.rcParams)
    maps.flux_map(fields["co2_flux"][0], title="x")
    assert dict(matplotlib.rcParams) == before
