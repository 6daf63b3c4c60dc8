"""What is refused of a box preset before anything is run, and what of the command line."""

import pytest

from shanhai.core.errors import ConfigError, InputError
from shanhai.io.presets import names, read_preset
from shanhai.models.box.equatorial_pacific import Settings

HEAD = 'kind = "box"\nmodel = "equatorial_pacific"\ntitle = "mine"\n'


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("preset", names())
def test_every_preset_is_read_and_says_nothing_unknown(preset):
    assert read_preset(preset).title


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind = 'flux'\nmodel = 'a'\ntitle = 'b'\n", "kind"),
        ("kind = 'box'\nmodel = 'equatorial_pacfic'\ntitle = 'b'\n", "did you mean 'equatorial_pacific'"),
        ("kind = 'box'\nmodel = 'result'\ntitle = 'b'\n", "there is no box model 'result'"),
        ("kind = 'box'\ntitle = 'b'\n", "key 'model' is missing"),
        (HEAD + "colour = 1\n", "unknown key 'colour'"),
        (HEAD + "[settings]\nnonsense = 1\n", "unknown key 'nonsense'"),
        ("this is no TOML", "this is not TOML"),
    ],
)
def test_refused_with_its_sentence(tmp_path, text, words):
    with pytest.raises(ConfigError, match="(?s)" + words.replace("(", r"\(")):
        read_preset(written(tmp_path, text))


def test_numbers_out_of_bounds_and_of_the_wrong_type_are_refused(tmp_path):
    from shanhai.core.params import describe

    row = next(r for r in describe(Settings()) if r.bounds[1] < float("inf"))
    for given, words in ((row.bounds[1] * 2 + 1, "lies outside"), ('"much"', "a number in"), ("true", "a number in")):
        head, _, leaf = row.name.rpartition(".")
        text = HEAD + f"[settings{'.' + head if head else ''}]\n{leaf} = {given}\n"
        with pytest.raises(ConfigError, match=words):
            read_preset(written(tmp_path, text))


def test_an_unknown_preset_and_a_slip_in_a_change_are_refused():
    with pytest.raises(ConfigError, match="there is neither a preset nor a file"):
        read_preset("no-such-preset")
    with pytest.raises(ConfigError, match="unknown key 'nonsense'"):
        read_preset("equatorial-pacific", {"nonsense": 1.0})


def test_the_command_refuses_what_is_no_setting_and_a_folder_in_use(tmp_path):
    from shanhai.cli.box import _change
    from shanhai.io.box_output import refuse_folder

    assert _change("a.b=1.5") == ("a.b", 1.5)
    assert _change("a=word") == ("a", "word")
    with pytest.raises(InputError, match="is no setting"):
        _change("novalue")
    (tmp_path / "result.nc").write_text("old")
    with pytest.raises(InputError, match="of another run"):
        refuse_folder(tmp_path, overwrite=False)
    refuse_folder(tmp_path, overwrite=True)
