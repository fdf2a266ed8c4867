/* Schedulers behind real sockets: good, late, silent, broken and dead ones. */
#include "base/interrupt.h"
#include "elastisim/scheduler.h"
#include "scheduler/backend.h"
#include "scratch.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#define URL "ipc://s.ipc"
#define EMPTY_ANSWER "{\"code\":4293673985,\"jobs\":[]}"
#define END "{\"code\":4293674239}"

/* Large enough for no machine to be too slow; only waited for in full when something is broken. */
#define LONG 60.0
enum { LINGER = 60000 };

static void sleep_ms(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

/* --- Peers ---------------------------------------------------------------------------------- */

/* A scheduler in a thread: cmocka's assertions belong to the main thread, so it keeps what it got.
 */
struct peer {
    void (*run)(struct peer *peer);
    const char *url;
    void *context, *socket;
    pthread_t thread;
    size_t bytes;    /* of the first message */
    char last[128];  /* the beginning of the last message */
    char begun[128]; /* the beginning of the first message */
    int count;       /* of messages */
};

static void set_option(struct peer *peer, int option, int value)
{
    zmq_setsockopt(peer->socket, option, &value, sizeof value);
}

static void make_socket(struct peer *peer, int type, int linger)
{
    peer->socket = zmq_socket(peer->context, type);
    set_option(peer, ZMQ_LINGER, linger);
    set_option(peer, ZMQ_RCVTIMEO, LINGER);
    set_option(peer, ZMQ_SNDTIMEO, LINGER);
    set_option(peer, ZMQ_RECONNECT_IVL, 5);
}

static void plug(struct peer *peer, int type, int linger)
{
    make_socket(peer, type, linger);
    zmq_connect(peer->socket, peer->url);
}

/* What is said waits for the other side to have shaken hands. */
static void plug_when_connected(struct peer *peer, int linger)
{
    make_socket(peer, ZMQ_PAIR, linger);
    set_option(peer, ZMQ_IMMEDIATE, 1);
    zmq_connect(peer->socket, peer->url);
}

static void unplug(struct peer *peer)
{
    zmq_close(peer->socket);
    peer->socket = NULL;
}

static bool hear(struct peer *peer)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    bool heard = zmq_msg_recv(&message, peer->socket, 0) >= 0;
    if (heard) {
        size_t size = zmq_msg_size(&message);
        snprintf(peer->last, sizeof peer->last, "%.*s", (int)(size < 100 ? size : 100),
                 (const char *)zmq_msg_data(&message));
        if (peer->count++ == 0) {
            peer->bytes = size;
            strcpy(peer->begun, peer->last);
        }
    }
    zmq_msg_close(&message);
    return heard;
}

static void say(struct peer *peer, const char *text)
{
    zmq_send(peer->socket, text, strlen(text), 0);
}

static void *peer_main(void *argument)
{
    struct peer *peer = argument;
    peer->context = zmq_ctx_new();
    peer->run(peer);
    if (peer->socket)
        unplug(peer);
    zmq_ctx_term(peer->context);
    return NULL;
}

static void start_peer(struct peer *peer, const char *url, void (*run)(struct peer *peer))
{
    *peer = (struct peer){.run = run, .url = url};
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_main, peer), 0);
}

static void join_peer(struct peer *peer)
{
    pthread_join(peer->thread, NULL);
}

static void shake_hands(struct peer *peer)
{
    plug_when_connected(peer, 0);
    say(peer, "stranger");
}

/* Returns when the simulator has received all that a peer sent before it was joined: it shakes
 * hands with a stranger only after that. */
static void join_and_settle(struct peer *peer)
{
    struct peer stranger;
    join_peer(peer);
    start_peer(&stranger, URL, shake_hands);
    join_peer(&stranger);
}

/* --- The simulator's side ------------------------------------------------------------------- */

static const struct job_request request = {.id = 3, .runtime_estimate = -1};
static const struct job job = {.request = &request, .state = JOB_PENDING};
static const struct state empty_state = {.now = 12.5};
static const struct invocation submit = {.type = ELASTISIM_JOB_SUBMIT, .trigger = &job};

static void open_at(struct scheduler_backend *backend, const char *url, double timeout)
{
    struct error err = {.kind = ERROR_NONE};
    *backend = (struct scheduler_backend){0};
    int result = zeromq_backend_open(backend, url, timeout, &err);
    assert_string_equal(result ? err.message : "", "");
}

static int invoke(struct scheduler_backend *backend, struct decisions *decisions, struct error *err)
{
    *err = (struct error){.kind = ERROR_NONE};
    return backend->invoke(backend->self, &empty_state, &submit, decisions, err);
}

static void assert_answered(struct scheduler_backend *backend)
{
    struct decisions decisions = {0};
    struct error err;
    int result = invoke(backend, &decisions, &err);
    assert_string_equal(result ? err.message : "", "");
    decisions_release(&decisions);
}

static void assert_failed(struct scheduler_backend *backend, const char *message)
{
    struct decisions decisions = {0};
    struct error err;
    assert_int_equal(invoke(backend, &decisions, &err), -1);
    assert_string_equal(err.message, message);
    assert_int_equal(err.kind, ERROR_SCHEDULER);
    assert_int_equal(decisions.count, 0);
    decisions_release(&decisions);
}

static void finish(struct scheduler_backend *backend, bool failed)
{
    backend->finalize(backend->self, failed);
    backend->destroy(backend->self);
    assert_int_not_equal(access("s.ipc", F_OK), 0);
}

static void assert_not_opened(const char *url, double timeout, const char *message)
{
    struct scheduler_backend backend = {0};
    struct error err = {.kind = ERROR_NONE};
    assert_int_equal(zeromq_backend_open(&backend, url, timeout, &err), -1);
    assert_string_equal(err.message, message);
    assert_int_equal(err.kind, ERROR_SCHEDULER);
    assert_null(backend.self);
    assert_int_not_equal(access("s.ipc", F_OK), 0);
}

/* --- Dialogues ------------------------------------------------------------------------------ */

static void answer_until_end(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, 0);
    while (hear(peer) && strcmp(peer->last, END) != 0)
        say(peer, "{\"code\":4293673985,\"jobs\":[{\"id\":3,\"assigned_node_ids\":[1,0]}]}");
}

static void test_a_scheduler_answers_and_hears_the_end(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    struct decisions decisions = {0};
    struct peer peer;
    struct error err;
    start_peer(&peer, URL, answer_until_end);
    open_at(&backend, URL, LONG);
    for (int round = 0; round < 100; round++) {
        assert_int_equal(invoke(&backend, &decisions, &err), 0);
        assert_int_equal(decisions.count, 1);
        assert_int_equal(decisions_find(&decisions, 3)->num_nodes, 2);
        decisions_clear(&decisions);
    }
    finish(&backend, false);
    join_peer(&peer);
    assert_string_equal(peer.begun, "{\"code\":4293673984,\"time\":12.5,\"invocation_type\":1,"
                                    "\"job_id\":3,\"jobs\":[],\"nodes\":[]}");
    assert_string_equal(peer.last, END);
    assert_int_equal(peer.count, 101);
    decisions_release(&decisions);
}

static void answer_late(struct peer *peer)
{
    sleep_ms(300);
    answer_until_end(peer);
}

static void test_a_scheduler_may_come_before_or_after(void **context)
{
    (void)context;
    static void (*const runs[])(struct peer *) = {answer_until_end, answer_late};
    for (size_t i = 0; i < 2; i++) {
        struct scheduler_backend backend;
        struct peer peer;
        start_peer(&peer, URL, runs[i]);
        sleep_ms(50);
        open_at(&backend, URL, LONG);
        assert_answered(&backend);
        finish(&backend, false);
        join_peer(&peer);
        assert_string_equal(peer.last, END);
    }
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(probe, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&address, &size), 0);
    close(probe);
    return ntohs(address.sin_port);
}

static void test_a_scheduler_over_tcp(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    struct peer peer;
    char url[64];
    snprintf(url, sizeof url, "tcp://127.0.0.1:%d", free_port());
    start_peer(&peer, url, answer_until_end);
    open_at(&backend, url, LONG);
    assert_answered(&backend);
    assert_answered(&backend);
    finish(&backend, false);
    join_peer(&peer);
    assert_string_equal(peer.last, END);
}

enum { CROWD = 13000 };

static void answer_at_length(struct peer *peer)
{
    char *text = malloc(8 * CROWD + 100);
    plug(peer, ZMQ_PAIR, LINGER);
    hear(peer);
    int length = sprintf(text, "{\"code\":4293673985,\"jobs\":[{\"id\":3,\"assigned_node_ids\":[0");
    for (int i = 1; i < CROWD; i++)
        length += sprintf(text + length, ",%d", i);
    strcpy(text + length, "]}]}");
    say(peer, text);
    hear(peer);
    free(text);
}

static void test_large_messages(void **context)
{
    (void)context;
    static struct node nodes[CROWD], *changed[CROWD];
    static struct job *nobody;
    const struct node_description description = {.num_gpus = 4};
    for (uint32_t i = 0; i < CROWD; i++) {
        nodes[i] = (struct node){.description = &description, .id = i, .runner = &nobody};
        changed[i] = &nodes[i];
    }
    const struct state state = {.changed_nodes = changed, .num_changed_nodes = CROWD};
    struct scheduler_backend backend;
    struct decisions decisions = {0};
    struct peer peer;
    struct error err = {.kind = ERROR_NONE};
    start_peer(&peer, URL, answer_at_length);
    open_at(&backend, URL, LONG);
    assert_int_equal(backend.invoke(backend.self, &state, &submit, &decisions, &err), 0);
    const struct decision *decision = decisions_find(&decisions, 3);
    assert_int_equal(decision->num_nodes, CROWD);
    assert_int_equal(decision->nodes[CROWD - 1], CROWD - 1);
    decisions_release(&decisions);
    finish(&backend, false);
    join_peer(&peer);
    assert_true(peer.bytes > 1700000);
}

/* --- What schedulers do wrong --------------------------------------------------------------- */

static void answer_garbage(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, LINGER);
    hear(peer);
    say(peer, "{\"code\":4293673985,\"jobs\":[{\"id\":-1}]}");
    hear(peer);
}

static void raise_error(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, LINGER);
    hear(peer);
    say(peer, "{\"code\":4293674222,\"error\":\"NameError: no x\",\"traceback\":\"line 1\\n\"}");
}

static void say_unasked(struct peer *peer, const char *text)
{
    plug_when_connected(peer, LINGER);
    say(peer, text);
}

static void answer_too_early(struct peer *peer)
{
    say_unasked(peer, EMPTY_ANSWER);
}

static void raise_too_early(struct peer *peer)
{
    say_unasked(peer, "{\"code\":4293674222,\"error\":\"ImportError: no y\"}");
}

static void leave_unanswered(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, 0);
    hear(peer);
}

static const struct {
    void (*run)(struct peer *peer);
    bool unasked;
    const char *message;
} broken[] = {
    {answer_garbage, false,
     "at 12.5 s (job submit of job 3): the scheduler's answer: jobs[0].id: must be at least 0, is "
     "-1"},
    {raise_error, false,
     "at 12.5 s (job submit of job 3): the scheduler raised NameError: no x\nline 1"},
    {answer_too_early, true,
     "at 12.5 s (job submit of job 3): the scheduler sent an answer before it was asked; it must "
     "send one answer per invocation"},
    {raise_too_early, true,
     "at 12.5 s (job submit of job 3): the scheduler raised ImportError: no y"},
    {leave_unanswered, false,
     "at 12.5 s (job submit of job 3): the scheduler at " URL " disconnected before it answered; "
     "its own output may say why"},
};

static void test_a_broken_scheduler_ends_the_run_with_its_story(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct scheduler_backend backend;
        struct peer peer;
        start_peer(&peer, URL, broken[i].run);
        open_at(&backend, URL, LONG);
        if (broken[i].unasked)
            join_and_settle(&peer);
        assert_failed(&backend, broken[i].message);
        finish(&backend, true);
        if (!broken[i].unasked)
            join_peer(&peer);
        if (broken[i].run == answer_garbage)
            assert_string_equal(peer.last, END);
    }
}

static void answer_twice(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, LINGER);
    hear(peer);
    say(peer, EMPTY_ANSWER);
    say(peer, EMPTY_ANSWER);
}

static void test_a_second_answer_is_not_taken_for_the_next_one(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    struct peer peer;
    start_peer(&peer, URL, answer_twice);
    open_at(&backend, URL, LONG);
    assert_answered(&backend);
    join_and_settle(&peer);
    assert_failed(&backend, "at 12.5 s (job submit of job 3): the scheduler sent an answer before "
                            "it was asked; it must send one answer per invocation");
    finish(&backend, true);
}

static void answer_and_leave(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, LINGER);
    hear(peer);
    say(peer, EMPTY_ANSWER);
}

static void test_the_last_answer_of_a_scheduler_counts_and_then_it_is_missed(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    struct peer peer;
    start_peer(&peer, URL, answer_and_leave);
    open_at(&backend, URL, LONG);
    assert_answered(&backend);
    join_peer(&peer);
    assert_failed(&backend, "at 12.5 s (job submit of job 3): the scheduler at " URL
                            " disconnected before it answered; its own output may say why");
    finish(&backend, true);
}

/* Nobody looks between the two: the second one talks to a simulator that has never heard of it. */
static void answer_and_give_way(struct peer *peer)
{
    answer_and_leave(peer);
    unplug(peer);
    sleep_ms(100);
    answer_until_end(peer);
}

static void test_a_scheduler_that_takes_the_place_of_another_is_not_asked(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    struct peer peer;
    start_peer(&peer, URL, answer_and_give_way);
    open_at(&backend, URL, LONG);
    assert_answered(&backend);
    sleep_ms(500);
    assert_failed(&backend, "at 12.5 s (job submit of job 3): the scheduler at " URL
                            " disconnected before it answered; its own output may say why");
    backend.finalize(backend.self, true);
    backend.destroy(backend.self);
    struct scheduler_backend next; /* the second one still waits for a simulator */
    open_at(&next, URL, LONG);
    assert_answered(&next);
    finish(&next, false);
    join_peer(&peer);
}

/* --- Strangers ------------------------------------------------------------------------------ */

static void talk_and_leave(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, 0);
    say(peer, "nonsense");
    sleep_ms(100);
}

static void come_and_leave(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, 0);
    sleep_ms(100);
}

static void ask_for_reply(struct peer *peer)
{
    plug(peer, ZMQ_REQ, 0);
    sleep_ms(100);
}

static void answer_slowly(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, 0);
    while (hear(peer) && strcmp(peer->last, END) != 0) {
        sleep_ms(200);
        say(peer, EMPTY_ANSWER);
    }
}

static void test_others_that_connect_and_leave_do_no_harm(void **context)
{
    (void)context;
    static void (*const strangers[])(struct peer *) = {talk_and_leave, come_and_leave,
                                                       ask_for_reply};
    struct scheduler_backend backend;
    struct peer peer, stranger;
    start_peer(&peer, URL, answer_slowly);
    open_at(&backend, URL, LONG);
    assert_answered(&backend);
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        start_peer(&stranger, URL, strangers[i]);
        assert_answered(&backend);
        join_peer(&stranger);
        assert_answered(&backend);
    }
    finish(&backend, false);
    join_peer(&peer);
    assert_string_equal(peer.last, END);
}

static void test_what_is_no_scheduler_does_not_count_as_one(void **context)
{
    (void)context;
    struct peer stranger;
    start_peer(&stranger, URL, ask_for_reply);
    assert_not_opened(URL, 0.6,
                      "no scheduler connected to " URL
                      " within 0.6 s; start one that connects there with a ZeroMQ PAIR socket, or "
                      "raise scheduler_timeout");
    join_peer(&stranger);
}

/* --- Waiting -------------------------------------------------------------------------------- */

static void stay_silent(struct peer *peer)
{
    plug(peer, ZMQ_PAIR, 0);
    while (hear(peer) && strcmp(peer->last, END) != 0)
        ;
}

static void test_timeouts_tell_nobody_from_silence(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    struct peer peer;
    assert_not_opened(URL, 0.05,
                      "no scheduler connected to " URL
                      " within 0.05 s; start one that connects there with a ZeroMQ PAIR socket, or "
                      "raise scheduler_timeout");
    start_peer(&peer, URL, stay_silent);
    open_at(&backend, URL, 3);
    assert_failed(&backend, "at 12.5 s (job submit of job 3): the scheduler at " URL
                            " did not answer within 3 s; raise scheduler_timeout if it needs "
                            "longer");
    finish(&backend, true);
    join_peer(&peer);
    assert_string_equal(peer.last, END);
}

static void test_a_run_without_invocations_ends_the_scheduler_too(void **context)
{
    (void)context;
    for (int failed = 0; failed < 2; failed++) {
        struct scheduler_backend backend;
        struct peer peer;
        start_peer(&peer, URL, answer_until_end);
        open_at(&backend, URL, LONG);
        finish(&backend, failed);
        join_peer(&peer);
        assert_string_equal(peer.begun, END);
    }
}

/* Waits for a scheduler until a signal arrives; in a process of its own. */
static int wait_for_signal(void)
{
    struct scheduler_backend backend;
    struct error err = {.kind = ERROR_NONE};
    interrupt_install();
    bool interrupted = zeromq_backend_open(&backend, URL, 0, &err) && err.kind == ERROR_FAILURE &&
                       strncmp(err.message, "interrupted by SIGINT", 21) == 0;
    return interrupted && access("s.ipc", F_OK) != 0 ? 0 : 1;
}

/* Waits until somebody listens at s.ipc. */
static void await_service(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "s.ipc"};
    int probe = socket(AF_UNIX, SOCK_STREAM, 0);
    while (connect(probe, (const struct sockaddr *)&address, sizeof address))
        sleep_ms(10);
    close(probe);
}

static void test_a_signal_ends_the_wait(void **context)
{
    (void)context;
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(wait_for_signal());
    await_service();
    kill(child, SIGINT);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- URLs ----------------------------------------------------------------------------------- */

static void assert_refused(const char *url, const char *reason)
{
    struct scheduler_backend backend = {0};
    struct error err = {.kind = ERROR_NONE};
    char message[1024];
    snprintf(message, sizeof message, "can't wait for a scheduler at '%s': %s", url, reason);
    assert_int_equal(zeromq_backend_open(&backend, url, 0, &err), -1);
    assert_string_equal(err.message, message);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(backend.self);
}

static void test_urls_that_cannot_be_bound(void **context)
{
    (void)context;
    static const char form[] = "use ipc://PATH or tcp://HOST:PORT";
    static const char port[] = "use tcp://HOST:PORT with a port from 1 to 65535";
    static const char host[] = "this machine has no such address or interface; use "
                               "tcp://127.0.0.1:PORT for schedulers on this machine or "
                               "tcp://*:PORT for all";
    static const struct {
        const char *url, *reason;
    } cases[] = {
        {"", form},
        {"scheduler.ipc", form},
        {"http://localhost:5555", form},
        {"inproc://here", form},
        {"ipc://", "a path is missing; use ipc://PATH"},
        {"ipc://*", "a path is missing; use ipc://PATH"},
        {"ipc://missing/s.ipc", "its folder does not exist; create it or use another path"},
        {"ipc://file.txt", "there is already a file that is not a socket; use another path"},
        {"tcp://", port},
        {"tcp://:", port},
        {"tcp://localhost", port},
        {"tcp://localhost:", port},
        {"tcp://*:*", port},
        {"tcp://*:0", port},
        {"tcp://*:65536", port},
        {"tcp://*:80x", port},
        {"tcp://*:+80", port},
        {"tcp://localhost:5555", host},
        {"tcp://192.0.2.1:5555", host},
    };
    scratch_write("file.txt", "precious");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].url, cases[i].reason);
    assert_int_equal(access("file.txt", F_OK), 0);
    char longest[160] = "ipc://";
    memset(longest + 6, 'a', 110);
    assert_refused(longest, "the path is longer than the 107 characters a socket may have");
}

static const char taken[] = "another program waits there, maybe another simulation; end it or use "
                            "another path";

static void test_two_simulations_do_not_share_an_address(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    struct peer peer;
    start_peer(&peer, URL, answer_until_end);
    open_at(&backend, URL, LONG);
    assert_refused(URL, taken);
    assert_answered(&backend);
    assert_refused(URL, taken);
    assert_answered(&backend);
    finish(&backend, false);
    join_peer(&peer);
}

static void test_a_port_in_use(void **context)
{
    (void)context;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    char url[64];
    int other = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(other, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(other, 1), 0);
    assert_int_equal(getsockname(other, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
    assert_refused(url, "the address is in use, maybe by another simulation; end it or use another "
                        "address");
    close(other);
}

static void test_the_socket_of_a_killed_simulation_is_taken_over(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    struct peer peer;
    pid_t child = fork();
    if (child == 0)
        _exit(wait_for_signal());
    await_service();
    assert_refused(URL, taken);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(access("s.ipc", F_OK), 0);
    start_peer(&peer, URL, answer_until_end);
    open_at(&backend, URL, LONG);
    assert_answered(&backend);
    finish(&backend, false);
    join_peer(&peer);
}

static void test_a_file_that_is_no_longer_ours_stays(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    struct peer peer;
    start_peer(&peer, URL, answer_until_end);
    open_at(&backend, URL, LONG);
    assert_int_equal(unlink("s.ipc"), 0);
    scratch_write("s.ipc", "precious");
    backend.finalize(backend.self, false);
    backend.destroy(backend.self);
    assert_int_equal(unlink("s.ipc"), 0);
    join_peer(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signal_ends_the_wait),
        cmocka_unit_test(test_the_socket_of_a_killed_simulation_is_taken_over),
        cmocka_unit_test(test_a_scheduler_answers_and_hears_the_end),
        cmocka_unit_test(test_a_scheduler_may_come_before_or_after),
        cmocka_unit_test(test_a_scheduler_over_tcp),
        cmocka_unit_test(test_large_messages),
        cmocka_unit_test(test_a_broken_scheduler_ends_the_run_with_its_story),
        cmocka_unit_test(test_a_second_answer_is_not_taken_for_the_next_one),
        cmocka_unit_test(test_the_last_answer_of_a_scheduler_counts_and_then_it_is_missed),
        cmocka_unit_test(test_a_scheduler_that_takes_the_place_of_another_is_not_asked),
        cmocka_unit_test(test_others_that_connect_and_leave_do_no_harm),
        cmocka_unit_test(test_what_is_no_scheduler_does_not_count_as_one),
        cmocka_unit_test(test_timeouts_tell_nobody_from_silence),
        cmocka_unit_test(test_a_run_without_invocations_ends_the_scheduler_too),
        cmocka_unit_test(test_urls_that_cannot_be_bound),
        cmocka_unit_test(test_two_simulations_do_not_share_an_address),
        cmocka_unit_test(test_a_port_in_use),
        cmocka_unit_test(test_a_file_that_is_no_longer_ours_stays),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
