/* Sets of small numbers. */
#include "base/bit_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_numbers_come_and_go(void **state)
{
    (void)state;
    uint64_t *set = bit_set_create(130);
    const size_t numbers[] = {0, 63, 64, 129};
    for (size_t i = 0; i < 4; i++) {
        assert_false(bit_set_has(set, numbers[i]));
        bit_set_add(set, numbers[i]);
        bit_set_add(set, numbers[i]);
        assert_true(bit_set_has(set, numbers[i]));
    }
    assert_false(bit_set_has(set, 1));
    bit_set_remove(set, 64);
    bit_set_remove(set, 64);
    assert_false(bit_set_has(set, 64));
    bit_set_toggle(set, 64);
    bit_set_toggle(set, 63);
    assert_true(bit_set_has(set, 64));
    assert_false(bit_set_has(set, 63));
    free(set);
}

static void test_there_is_a_word_for_every_number_below_the_limit(void **state)
{
    (void)state;
    assert_true(bit_set_words(0) >= 1);
    assert_true(bit_set_words(64) >= 1);
    assert_true(bit_set_words(65) >= 2);
    assert_true(bit_set_words(129) >= 3);
}

static void test_next_finds_the_least_from_a_number_on(void **state)
{
    (void)state;
    uint64_t *set = bit_set_create(300);
    assert_int_equal(bit_set_next(set, 300, 0), 300);
    bit_set_add(set, 5);
    bit_set_add(set, 63);
    bit_set_add(set, 200);
    assert_int_equal(bit_set_next(set, 300, 0), 5);
    assert_int_equal(bit_set_next(set, 300, 5), 5);
    assert_int_equal(bit_set_next(set, 300, 6), 63);
    assert_int_equal(bit_set_next(set, 300, 64), 200);
    assert_int_equal(bit_set_next(set, 300, 201), 300);
    assert_int_equal(bit_set_next(set, 300, 300), 300);
    free(set);
}

static void test_the_lowest_bit(void **state)
{
    (void)state;
    assert_int_equal(bit_set_lowest(1), 0);
    assert_int_equal(bit_set_lowest(UINT64_C(0xC0)), 6);
    assert_int_equal(bit_set_lowest(UINT64_C(1) << 63), 63);
}

static void test_members_of_a_word_are_counted(void **state)
{
    (void)state;
    assert_int_equal(bit_set_count(0), 0);
    assert_int_equal(bit_set_count(1), 1);
    assert_int_equal(bit_set_count(UINT64_C(0x8000000100010101)), 5);
    assert_int_equal(bit_set_count(~UINT64_C(0)), 64);
}

static void test_a_list_is_taken_word_by_word(void **state)
{
    (void)state;
    static const uint32_t numbers[16] = {62, 60, 63, 64, 65, 70, 70, 3};
    static const struct {
        size_t taken, word;
        uint64_t bits;
    } expected[] = {{3, 0, UINT64_C(0xD) << 60}, {3, 1, 0x43}, {1, 1, 0x40}, {1, 0, 8}};
    size_t word, from = 0;
    uint64_t bits;
    for (size_t i = 0; i < 4; i++) {
        size_t taken = bit_set_gather(numbers + from, 8 - from, &word, &bits);
        assert_int_equal(taken, expected[i].taken);
        assert_int_equal(word, expected[i].word);
        assert_int_equal(bits, expected[i].bits);
        from += taken;
    }
}

/* Rows of every length at every place of a word, with another number behind. */
static void test_rows_are_taken_up_to_the_end_of_their_word(void **state)
{
    (void)state;
    uint32_t numbers[80];
    for (uint32_t from = 64; from < 128; from++) {
        for (uint32_t length = 1; length <= 70; length++) {
            for (uint32_t i = 0; i < length; i++)
                numbers[i] = from + i;
            numbers[length] = 500;
            size_t word, most = 128 - from < length ? 128 - from : length;
            uint64_t bits;
            assert_int_equal(bit_set_gather(numbers, length + 1, &word, &bits), most);
            assert_int_equal(bits, ~UINT64_C(0) >> (64 - most) << (from - 64));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_come_and_go),
        cmocka_unit_test(test_there_is_a_word_for_every_number_below_the_limit),
        cmocka_unit_test(test_next_finds_the_least_from_a_number_on),
        cmocka_unit_test(test_the_lowest_bit),
        cmocka_unit_test(test_members_of_a_word_are_counted),
        cmocka_unit_test(test_a_list_is_taken_word_by_word),
        cmocka_unit_test(test_rows_are_taken_up_to_the_end_of_their_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
