from app.texts.facts import own_words


def test_a_products_box_that_holds_only_codes_says_nothing_in_words() -> None:
    assert own_words("(HS code(s): 6309); (ICS code(s): 61.020)") == ""
    assert own_words("Worn clothing (HS code(s): 6309)") == "Worn clothing (HS code(s): 6309)"
    assert own_words("(Código(s) de la ICS: 61.020)") == ""
