/* Schedulers that connect directly: lines in pieces and heaps, large ones both ways at once, and
 * what they do wrong. */
#include "elastisim/scheduler.h"
#include "scheduler/external.h"
#include "scratch.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#define URL "ipc://s"
#define FILE_NAME "s.direct"
#define HELLO "{\"code\":4293673986}\n"
#define ANSWER "{\"code\":4293673985,\"jobs\":[{\"id\":3,\"assigned_node_ids\":[1,0]}]}\n"
#define END "{\"code\":4293674239}\n"

/* Only waited for in full when something is broken. */
#define LONG 60.0

/* --- Peers ---------------------------------------------------------------------------------- */

/* A scheduler in a thread: cmocka's assertions belong to the main thread, so it keeps what it got.
 */
struct peer {
    void (*run)(struct peer *peer);
    int descriptor;
    pthread_t thread;
    char *line; /* heard last, with its end; owned */
    size_t room;
    FILE *file; /* to read lines from */
    ssize_t length;
    bool failed;
};

static int plug(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, FILE_NAME);
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

static void say(struct peer *peer, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t sent = send(peer->descriptor, text, left, MSG_NOSIGNAL);
        if (sent < 0) {
            peer->failed = true;
            return;
        }
        text += sent;
        left -= (size_t)sent;
    }
}

static void sleep_ms(long milliseconds)
{
    nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

static void hear(struct peer *peer)
{
    peer->length = getline(&peer->line, &peer->room, peer->file);
}

static void *peer_main(void *argument)
{
    struct peer *peer = argument;
    peer->file = fdopen(dup(peer->descriptor), "r");
    peer->run(peer);
    fclose(peer->file);
    close(peer->descriptor);
    return NULL;
}

static void start_peer(struct peer *peer, void (*run)(struct peer *peer))
{
    *peer = (struct peer){.run = run, .descriptor = plug()};
    assert_true(peer->descriptor >= 0);
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_main, peer), 0);
}

static void join_peer(struct peer *peer)
{
    pthread_join(peer->thread, NULL);
    free(peer->line);
    peer->line = NULL;
}

/* --- The simulator's side ------------------------------------------------------------------- */

static const struct job_request request = {.id = 3, .runtime_estimate = -1};
static const struct job job = {.request = &request, .state = JOB_PENDING};
static const struct state empty_state = {.now = 12.5};
static const struct invocation submit = {.type = ELASTISIM_JOB_SUBMIT, .trigger = &job};

static _Atomic bool process_ends; /* as soon as anybody looks */

static bool has_ended(void *context, char *how, size_t size)
{
    (void)context;
    if (process_ends)
        snprintf(how, size, "ended with exit status 1");
    return process_ends;
}

static const struct external_process process = {"it", has_ended, NULL, FILE_NAME};

static struct external *open_ways(double timeout)
{
    struct error err = {.kind = ERROR_NONE};
    process_ends = false;
    struct external *external = external_open(URL, timeout, &process, &err);
    assert_string_equal(external ? "" : err.message, "");
    return external;
}

static void connect_now(struct external *external)
{
    struct error err = {.kind = ERROR_NONE};
    int result = external_connect(external, &err);
    assert_string_equal(result ? err.message : "", "");
}

static void assert_answered(struct external *external, const struct state *state, uint32_t nodes)
{
    struct decisions decisions = {0};
    struct error err = {.kind = ERROR_NONE};
    int result = external_invoke(external, state, &submit, &decisions, &err);
    assert_string_equal(result ? err.message : "", "");
    assert_int_equal(decisions_find(&decisions, 3)->num_nodes, nodes);
    decisions_release(&decisions);
}

static void assert_failed(struct external *external, const struct state *state, const char *message)
{
    struct decisions decisions = {0};
    struct error err = {.kind = ERROR_NONE};
    assert_int_equal(external_invoke(external, state, &submit, &decisions, &err), -1);
    assert_string_equal(err.message, message);
    assert_int_equal(err.kind, ERROR_SCHEDULER);
    decisions_release(&decisions);
}

static void finish(struct external *external)
{
    external_finish(external);
    external_close(external);
    assert_int_not_equal(access("s", F_OK), 0);
    assert_int_not_equal(access(FILE_NAME, F_OK), 0);
}

enum { CROWD = 13000 };

/* A first message of some 1.8 MB. */
static const struct state *large_state(void)
{
    static struct node nodes[CROWD], *changed[CROWD];
    static struct job *nobody;
    static const struct node_description description = {.num_gpus = 4};
    static struct state state;
    for (uint32_t i = 0; i < CROWD; i++) {
        nodes[i] = (struct node){.description = &description, .id = i, .runner = &nobody};
        changed[i] = &nodes[i];
    }
    state = (struct state){.now = 12.5, .changed_nodes = changed, .num_changed_nodes = CROWD};
    return &state;
}

/* --- Dialogues ------------------------------------------------------------------------------ */

static void answer_until_end(struct peer *peer)
{
    say(peer, HELLO);
    for (hear(peer); peer->length > 0 && strcmp(peer->line, END) != 0; hear(peer))
        say(peer, ANSWER);
}

static void test_a_scheduler_answers_and_hears_the_end(void **context)
{
    (void)context;
    struct external *external = open_ways(LONG);
    struct peer peer;
    start_peer(&peer, answer_until_end);
    connect_now(external);
    for (int round = 0; round < 100; round++)
        assert_answered(external, &empty_state, 2);
    finish(external);
    pthread_join(peer.thread, NULL);
    assert_string_equal(peer.line, END);
    free(peer.line);
}

static void test_once_one_has_come_the_file_is_gone_and_there_is_no_second(void **context)
{
    (void)context;
    struct external *external = open_ways(LONG);
    struct peer peer;
    start_peer(&peer, answer_until_end);
    connect_now(external);
    assert_int_equal(plug(), -1);
    assert_answered(external, &empty_state, 2);
    finish(external);
    join_peer(&peer);
}

static void answer_byte_by_byte(struct peer *peer)
{
    static const char *const texts[] = {HELLO, ANSWER};
    for (size_t i = 0; i < 2; i++) {
        for (const char *at = texts[i]; *at; at++)
            say(peer, (char[]){*at, '\0'});
        hear(peer);
    }
}

static void test_an_answer_may_come_in_any_pieces(void **context)
{
    (void)context;
    struct external *external = open_ways(LONG);
    struct peer peer;
    start_peer(&peer, answer_byte_by_byte);
    connect_now(external);
    assert_answered(external, &empty_state, 2);
    finish(external);
    join_peer(&peer);
}

static char *long_answer(void)
{
    char *text = malloc((size_t)60 * CROWD);
    int length = sprintf(text, "{\"code\":4293673985,\"jobs\":[{\"id\":3,\"assigned_node_ids\":[0");
    for (int i = 1; i < CROWD; i++)
        length += sprintf(text + length, ",%50d", i);
    strcpy(text + length, "]}]}\n");
    return text;
}

static void answer_at_length(struct peer *peer)
{
    char *text = long_answer();
    say(peer, HELLO);
    hear(peer);
    say(peer, text);
    hear(peer);
    free(text);
}

static void test_large_messages(void **context)
{
    (void)context;
    struct external *external = open_ways(LONG);
    struct peer peer;
    start_peer(&peer, answer_at_length);
    connect_now(external);
    assert_answered(external, large_state(), CROWD);
    finish(external);
    join_peer(&peer);
}

/* Neither reads before it has said everything: if the simulator did likewise, both would wait. */
static void talk_before_reading(struct peer *peer)
{
    char *text = long_answer();
    say(peer, HELLO);
    char first;
    if (recv(peer->descriptor, &first, 1, MSG_PEEK) == 1)
        say(peer, text);
    hear(peer);
    free(text);
}

static void test_what_is_said_while_a_large_message_leaves_is_read(void **context)
{
    (void)context;
    struct external *external = open_ways(LONG);
    struct peer peer;
    start_peer(&peer, talk_before_reading);
    connect_now(external);
    assert_answered(external, large_state(), CROWD);
    finish(external);
    join_peer(&peer);
    assert_false(peer.failed);
}

static void test_zeromq_may_be_spoken_as_well(void **context)
{
    (void)context;
    struct external *external = open_ways(LONG);
    void *zmq = zmq_ctx_new(), *socket = zmq_socket(zmq, ZMQ_PAIR);
    char text[256] = "";
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &(int){60000}, sizeof(int));
    assert_int_equal(zmq_connect(socket, URL), 0);
    connect_now(external);
    assert_int_equal(plug(), -1); /* nobody is to wait there in vain */
    external_finish(external);
    assert_int_equal(zmq_recv(socket, text, sizeof text - 1, 0), strlen("{\"code\":4293674239}"));
    external_close(external);
    zmq_close(socket);
    zmq_ctx_term(zmq);
}

/* --- Those that are none -------------------------------------------------------------------- */

static void test_who_goes_without_a_word_was_no_scheduler(void **context)
{
    (void)context;
    struct external *external = open_ways(LONG);
    struct peer peer;
    for (int i = 0; i < 3; i++)
        close(plug());
    int half = plug();
    assert_int_equal(write(half, "{\"code\":", 8), 8);
    close(half);
    start_peer(&peer, answer_until_end);
    connect_now(external);
    assert_answered(external, &empty_state, 2);
    finish(external);
    join_peer(&peer);
}

static void test_a_connection_without_a_hello_is_none(void **context)
{
    (void)context;
    struct external *external = open_ways(0.3);
    struct error err = {.kind = ERROR_NONE};
    int mute = plug();
    assert_int_equal(external_connect(external, &err), -1);
    assert_string_equal(
        err.message, "the scheduler command 'it' did not connect within 0.3 s; it has to connect "
                     "to the URL in its environment variable ELASTISIM_URL");
    external_close(external);
    close(mute);
}

static const struct {
    const char *said, *message;
} greetings[] = {
    {"hello\n",
     "the scheduler's first message:1:1: 'hello' is no JSON value; put strings into quotes"},
    {"[]\n", "the scheduler's first message: must be an object, is a list"},
    {"{}\n", "the scheduler's first message: code: must be a number, is missing"},
    {"{\"code\": 7}\n",
     "the scheduler's first message: code: is 7 (0x7); expected 4293673986 (0xFFEC4402), the code "
     "of a hello"},
    {"{\"code\": 4293673986, \"node_groups\": 1}\n",
     "the scheduler's first message: node_groups: must be true or false, is a number"},
    {"{\"code\": 4293674222, \"error\": \"ImportError: no y\"}\n",
     "the scheduler raised ImportError: no y"},
};

static void test_a_first_message_that_is_no_hello_ends_the_run(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        struct external *external = open_ways(LONG);
        struct error err = {.kind = ERROR_NONE};
        struct peer peer = {.descriptor = plug()};
        say(&peer, greetings[i].said);
        assert_int_equal(external_connect(external, &err), -1);
        assert_string_equal(err.message, greetings[i].message);
        assert_int_equal(err.kind, ERROR_SCHEDULER);
        external_close(external);
        close(peer.descriptor);
    }
}

/* --- What they do wrong --------------------------------------------------------------------- */

static void leave_unanswered(struct peer *peer)
{
    say(peer, HELLO);
    hear(peer);
    process_ends = true;
}

static void leave_within_an_answer(struct peer *peer)
{
    say(peer, HELLO);
    hear(peer);
    say(peer, "{\"code\":4293673985,\"jobs\":[");
    process_ends = true;
}

static void answer_too_early(struct peer *peer)
{
    say(peer, HELLO ANSWER);
    hear(peer);
}

static void fail_and_leave(struct peer *peer)
{
    say(peer, HELLO);
    hear(peer);
    say(peer, "{\"code\":4293674222,\"error\":\"NameError: no x\",\"traceback\":\"line 1\\n\"}\n");
    process_ends = true;
}

/* Without having read more than a part of the message. */
static void fail_at_once(struct peer *peer)
{
    char first;
    say(peer, HELLO);
    if (recv(peer->descriptor, &first, 1, 0) == 1)
        say(peer, "{\"code\":4293674222,\"error\":\"MemoryError\"}\n");
    process_ends = true;
}

static void answer_garbage(struct peer *peer)
{
    say(peer, HELLO);
    hear(peer);
    say(peer, "{\"code\":4293673985,\n\"jobs\":[]}\n");
    hear(peer);
}

#define WHEN "at 12.5 s (job submit of job 3): "
static const struct {
    void (*run)(struct peer *peer);
    const char *message;
    bool large;
} broken[] = {
    {leave_unanswered,
     WHEN "the scheduler command 'it' ended with exit status 1 before it answered; its own output "
          "may say why",
     false},
    {leave_within_an_answer,
     WHEN "the scheduler command 'it' ended with exit status 1 before it answered; its own output "
          "may say why",
     false},
    {answer_too_early,
     WHEN
     "the scheduler sent an answer before it was asked; it must send one answer per invocation",
     false},
    {fail_and_leave, WHEN "the scheduler raised NameError: no x\nline 1", false},
    {fail_at_once, WHEN "the scheduler raised MemoryError", true},
    {answer_garbage,
     WHEN "the scheduler's answer:1:20: ends inside the object opened at 1:1; close it with '}'",
     false},
};

static void test_a_broken_scheduler_ends_the_run_with_its_story(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct external *external = open_ways(LONG);
        struct peer peer;
        start_peer(&peer, broken[i].run);
        connect_now(external);
        assert_failed(external, broken[i].large ? large_state() : &empty_state, broken[i].message);
        finish(external);
        join_peer(&peer);
    }
}

static void hear_nothing(struct peer *peer)
{
    say(peer, HELLO);
    while (!process_ends)
        sleep_ms(1);
}

static void test_one_that_reads_nothing_is_late(void **context)
{
    (void)context;
    struct external *external = open_ways(0.3);
    struct peer peer;
    start_peer(&peer, hear_nothing);
    connect_now(external);
    assert_failed(external, large_state(),
                  WHEN "the scheduler command 'it' did not answer within 0.3 s; raise "
                       "scheduler_timeout if it needs longer");
    process_ends = true;
    finish(external);
    join_peer(&peer);
}

static void answer_without_reading(struct peer *peer)
{
    say(peer, HELLO);
    char first;
    if (recv(peer->descriptor, &first, 1, MSG_PEEK) == 1)
        say(peer, ANSWER);
    while (!process_ends)
        sleep_ms(1);
}

static bool is_ended(void *context, char *how, size_t size)
{
    (void)context;
    snprintf(how, size, "ended with exit status 1");
    return true;
}

static void test_one_that_answers_without_reading_is_asked_no_more(void **context)
{
    (void)context;
    static const struct external_process ended = {"it", is_ended, NULL, FILE_NAME};
    struct error err = {.kind = ERROR_NONE};
    struct external *external = external_open(URL, LONG, &ended, &err);
    struct peer peer;
    process_ends = false;
    start_peer(&peer, answer_without_reading);
    connect_now(external);
    assert_answered(external, large_state(), 2);
    assert_failed(external, &empty_state,
                  WHEN
                  "the scheduler command 'it' ended with exit status 1 before it answered; its "
                  "own output may say why");
    process_ends = true;
    finish(external);
    join_peer(&peer);
}

static void test_a_file_that_can_not_be_is_told(void **context)
{
    (void)context;
    static const struct external_process nowhere = {"it", has_ended, NULL, "missing/s.direct"};
    struct error err = {.kind = ERROR_NONE};
    assert_null(external_open(URL, LONG, &nowhere, &err));
    assert_string_equal(err.message,
                        "can't create the scheduler's socket missing/s.direct: No such "
                        "file or directory");
    assert_int_not_equal(access("s", F_OK), 0);
    scratch_write(FILE_NAME, "somebody else's");
    err = (struct error){.kind = ERROR_NONE};
    assert_null(external_open(URL, LONG, &process, &err));
    assert_string_equal(err.message,
                        "can't create the scheduler's socket s.direct: Address already in use");
    assert_int_equal(unlink(FILE_NAME), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_scheduler_answers_and_hears_the_end),
        cmocka_unit_test(test_once_one_has_come_the_file_is_gone_and_there_is_no_second),
        cmocka_unit_test(test_an_answer_may_come_in_any_pieces),
        cmocka_unit_test(test_large_messages),
        cmocka_unit_test(test_what_is_said_while_a_large_message_leaves_is_read),
        cmocka_unit_test(test_zeromq_may_be_spoken_as_well),
        cmocka_unit_test(test_who_goes_without_a_word_was_no_scheduler),
        cmocka_unit_test(test_a_connection_without_a_hello_is_none),
        cmocka_unit_test(test_a_first_message_that_is_no_hello_ends_the_run),
        cmocka_unit_test(test_a_broken_scheduler_ends_the_run_with_its_story),
        cmocka_unit_test(test_one_that_reads_nothing_is_late),
        cmocka_unit_test(test_one_that_answers_without_reading_is_asked_no_more),
        cmocka_unit_test(test_a_file_that_can_not_be_is_told),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
