"""The table in the documentation agrees with masking."""

from scripts.train import show_masking


def test_the_table_in_the_documentation_is_correct() -> None:
    document = show_masking.DOCS.read_text("utf-8")
    assert document == show_masking.with_table(document)
    assert "`wep+mlm` | ⟨" in document


def test_brackets_and_marks_are_where_they_belong() -> None:
    tokenizer = show_masking.own_tokenizer()
    drawn = {
        show_masking.line(tokenizer, show_masking.OURS, "wep", "paper", seed) for seed in range(40)
    }
    first = ("Рид? ##ли? Скотт?", "▒▒▒ ▒▒▒ ▒▒▒")
    second = ("Бег? ##ущий? по? лез? ##вию?", "▒▒▒ ▒▒▒ ▒▒▒ ▒▒▒ ▒▒▒")
    rest = "turned the book into the film"
    assert drawn == {f"⟨{a}⟩ {rest} ⟨{b}⟩ in 1982 ." for a in first for b in second}
