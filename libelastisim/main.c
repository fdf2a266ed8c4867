/* The main function of external schedulers: PROGRAM [URL [OPTIONS]]. The URL in ELASTISIM_URL,
 * which the simulator sets for --scheduler exec:PROGRAM, counts more. */
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static int complain(const char *what)
{
    fprintf(stderr, "elastisim scheduler: %s: %s\n", what, zmq_strerror(zmq_errno()));
    return -1;
}

static int send_text(void *socket, char *text)
{
    int result = text ? zmq_send(socket, text, strlen(text), 0) : -1;
    free(text);
    return result < 0 ? complain("can't send") : 0;
}

static int answer(struct elastisim_view *view, void *socket, void *data)
{
    view->wishes.failure[0] = '\0';
    if (elastisim_scheduler.schedule(view, data) == 0)
        return send_text(socket, elastisim_message_answer(view));
    send_text(socket, elastisim_message_failure(view->wishes.failure[0]
                                                    ? view->wishes.failure
                                                    : "failed without a word (elastisim_fail)"));
    return -1;
}

/* Answers invocations until the simulator says that there will be no more. */
static int serve(struct elastisim_view *view, void *socket, void *data)
{
    for (;;) {
        zmq_msg_t message;
        zmq_msg_init(&message);
        if (zmq_msg_recv(&message, socket, 0) < 0)
            return complain("can't receive");
        int code = elastisim_message_take(view, zmq_msg_data(&message), zmq_msg_size(&message));
        zmq_msg_close(&message);
        if (code == CODE_END)
            return 0;
        if (code == CODE_NONE) {
            send_text(socket, elastisim_message_failure("can't read the simulator's message"));
            return -1;
        }
        if (answer(view, socket, data))
            return -1;
    }
}

static int connect_and_serve(void *context, const char *url, void *data)
{
    struct elastisim_view view = {0};
    void *socket = zmq_socket(context, ZMQ_PAIR);
    if (!socket)
        return complain("can't create a socket");
    int result = zmq_connect(socket, url) ? complain(url) : serve(&view, socket, data);
    elastisim_view_release(&view);
    int linger = 5000;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_close(socket);
    return result;
}

static const char *url_for(int argc, char **argv)
{
    const char *given = argc > 1 ? argv[1] : NULL, *told = getenv("ELASTISIM_URL");
    if (!told || !*told)
        return given;
    if (given && strcmp(given, told) != 0)
        fprintf(stderr,
                "elastisim scheduler: connecting to the simulator that started this process "
                "(ELASTISIM_URL), not to %s\n",
                given);
    return told;
}

int main(int argc, char **argv)
{
    const char *url = url_for(argc, argv);
    void *data = NULL;
    if (!url) {
        fprintf(stderr, "usage: %s URL [OPTIONS], or ELASTISIM_URL in the environment\n", argv[0]);
        return 2;
    }
    if (elastisim_scheduler.open && elastisim_scheduler.open(argc > 2 ? argv[2] : "", &data)) {
        fprintf(stderr, "elastisim scheduler: can't begin\n");
        return 1;
    }
    void *context = zmq_ctx_new();
    int result = context ? connect_and_serve(context, url, data) : complain("can't begin");
    if (context)
        zmq_ctx_term(context);
    if (elastisim_scheduler.close)
        elastisim_scheduler.close(data);
    return result ? 1 : 0;
}
