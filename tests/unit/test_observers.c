/* Observers: who hears what, in which order, and what a failure of one means for the others. */
#include "system/observers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

/* What has been heard: a letter of the listener and the number of the kind for each notice. */
struct heard {
    char letters[64];
    enum happening_kind kinds[64];
    size_t count;
};

struct listener {
    char letter;
    bool fails;
    struct heard *heard;
    struct observers *observers; /* where it stops to listen to what it is told; NULL: it goes on */
};

static int notice(void *self, const struct happening *happening, struct error *err)
{
    struct listener *listener = self;
    struct heard *heard = listener->heard;
    assert_true(heard->count < sizeof heard->letters);
    heard->letters[heard->count] = listener->letter;
    heard->kinds[heard->count++] = happening->kind;
    if (listener->observers)
        observers_listen(listener->observers, listener, happening->kind, false);
    return listener->fails ? error_append(err, "%c", listener->letter) : 0;
}

static void add(struct observers *observers, struct listener *listener, uint32_t hears)
{
    const struct observer observer = {.hears = hears, .notice = notice, .self = listener};
    observers_add(observers, &observer);
}

static int tell(const struct observers *observers, enum happening_kind kind, struct error *err)
{
    const struct happening happening = {.kind = kind};
    return observers_tell(observers, &happening, err);
}

static void assert_heard(struct heard *heard, const char *letters)
{
    assert_int_equal(heard->count, strlen(letters));
    assert_memory_equal(heard->letters, letters, heard->count);
    heard->count = 0;
}

static void test_each_hears_its_kinds_in_the_order_in_which_they_were_added(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct observers observers = {0};
    struct error err = {0};
    struct listener a = {'a', .heard = &heard}, b = {'b', .heard = &heard};
    struct listener c = {'c', .heard = &heard};
    add(&observers, &a, HEARS(JOB_STARTED) | HEARS(RUN_ENDED));
    add(&observers, &b, HEARS(JOB_ENDED));
    add(&observers, &c, HEARS(JOB_STARTED) | HEARS(JOB_ENDED));
    assert_int_equal(tell(&observers, JOB_STARTED, &err), 0);
    assert_int_equal(heard.kinds[0], JOB_STARTED);
    assert_heard(&heard, "ac");
    assert_int_equal(tell(&observers, JOB_ENDED, &err), 0);
    assert_heard(&heard, "bc");
    assert_int_equal(tell(&observers, RUN_ENDED, &err), 0);
    assert_heard(&heard, "a");
    assert_int_equal(tell(&observers, NODE_CHANGED, &err), 0);
    assert_heard(&heard, "");
}

static void test_what_nobody_hears_is_not_wanted(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct observers observers = {0};
    struct listener a = {'a', .heard = &heard};
    assert_false(observers_want(NULL, JOB_STARTED));
    assert_false(observers_want(&observers, JOB_STARTED));
    add(&observers, &a, HEARS(JOB_STARTED));
    assert_true(observers_want(&observers, JOB_STARTED));
    assert_false(observers_want(&observers, JOB_ENDED));
}

static void test_one_that_hears_nothing_takes_no_place(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct observers observers = {0};
    struct listener a = {'a', .heard = &heard};
    add(&observers, &a, 0);
    assert_int_equal(observers.count, 0);
}

static void test_as_many_as_there_is_room_for_are_told_and_no_more_are_kept(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct observers observers = {0};
    struct error err = {0};
    struct listener listeners[MAX_OBSERVERS + 1];
    for (unsigned i = 0; i <= MAX_OBSERVERS; i++) {
        listeners[i] = (struct listener){(char)('a' + i), .heard = &heard};
        add(&observers, &listeners[i], HEARS(CLOCK_MOVES));
    }
    assert_int_equal(tell(&observers, CLOCK_MOVES, &err), 0);
    assert_heard(&heard, "abcdefghijklmnop");
}

static void test_one_that_fails_keeps_no_other_from_hearing_and_the_failure_is_told(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct observers observers = {0};
    struct error err = {0};
    struct listener a = {'a', .heard = &heard}, b = {'b', .fails = true, .heard = &heard};
    struct listener c = {'c', .heard = &heard};
    add(&observers, &a, HEARS(JOB_ENDED));
    add(&observers, &b, HEARS(JOB_ENDED));
    add(&observers, &c, HEARS(JOB_ENDED));
    assert_int_equal(tell(&observers, JOB_ENDED, &err), -1);
    assert_string_equal(err.message, "b");
    assert_heard(&heard, "abc");
}

static void test_one_may_stop_and_begin_to_hear_a_kind(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct observers observers = {0};
    struct error err = {0};
    struct listener a = {'a', .heard = &heard}, b = {'b', .heard = &heard};
    add(&observers, &a, HEARS(NODE_CHANGED) | HEARS(JOB_ENDED));
    add(&observers, &b, HEARS(NODE_CHANGED));
    observers_listen(&observers, &a, NODE_CHANGED, false);
    tell(&observers, NODE_CHANGED, &err);
    assert_heard(&heard, "b");
    tell(&observers, JOB_ENDED, &err);
    assert_heard(&heard, "a");
    observers_listen(&observers, &b, NODE_CHANGED, false);
    assert_false(observers_want(&observers, NODE_CHANGED));
    assert_true(observers_want(&observers, JOB_ENDED));
    observers_listen(&observers, &a, NODE_CHANGED, true);
    assert_true(observers_want(&observers, NODE_CHANGED));
    tell(&observers, NODE_CHANGED, &err);
    assert_heard(&heard, "a");
}

static void test_one_that_stops_while_it_is_told_is_told_no_more(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct observers observers = {0};
    struct error err = {0};
    struct listener a = {'a', .heard = &heard, .observers = &observers};
    struct listener b = {'b', .heard = &heard};
    add(&observers, &a, HEARS(NODE_CHANGED));
    add(&observers, &b, HEARS(NODE_CHANGED));
    tell(&observers, NODE_CHANGED, &err);
    assert_heard(&heard, "ab");
    tell(&observers, NODE_CHANGED, &err);
    assert_heard(&heard, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_hears_its_kinds_in_the_order_in_which_they_were_added),
        cmocka_unit_test(test_what_nobody_hears_is_not_wanted),
        cmocka_unit_test(test_one_that_hears_nothing_takes_no_place),
        cmocka_unit_test(test_as_many_as_there_is_room_for_are_told_and_no_more_are_kept),
        cmocka_unit_test(test_one_that_fails_keeps_no_other_from_hearing_and_the_failure_is_told),
        cmocka_unit_test(test_one_may_stop_and_begin_to_hear_a_kind),
        cmocka_unit_test(test_one_that_stops_while_it_is_told_is_told_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
