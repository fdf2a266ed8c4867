/* The main function of external schedulers: PROGRAM [URL [OPTIONS]]. The URL in ELASTISIM_URL,
 * which the simulator sets for --scheduler exec:PROGRAM, counts more. */
#include "connection.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int send_text(struct elastisim_connection *connection, char *text)
{
    int result = -1;
    if (text)
        result = elastisim_connection_send(connection, text);
    else
        fprintf(stderr, "elastisim scheduler: out of memory\n");
    free(text);
    return result;
}

static int answer(struct elastisim_view *view, struct elastisim_connection *connection, void *data)
{
    view->wishes.failure[0] = '\0';
    if (elastisim_scheduler.schedule(view, data) == 0)
        return send_text(connection, elastisim_message_answer(view));
    send_text(connection, elastisim_message_failure(
                              view->wishes.failure[0] ? view->wishes.failure
                                                      : "failed without a word (elastisim_fail)"));
    return -1;
}

/* Answers invocations until the simulator says that there will be no more. */
static int serve(struct elastisim_view *view, struct elastisim_connection *connection, void *data)
{
    for (;;) {
        const char *message;
        size_t length;
        if (elastisim_connection_receive(connection, &message, &length))
            return -1;
        int code = elastisim_message_take(view, message, length);
        if (code == CODE_END)
            return 0;
        if (code == CODE_NONE) {
            send_text(connection, elastisim_message_failure("can't read the simulator's message"));
            return -1;
        }
        if (answer(view, connection, data))
            return -1;
    }
}

static int connect_and_serve(const char *url, bool told, void *data)
{
    struct elastisim_view view = {0};
    struct elastisim_connection connection;
    int result = elastisim_connection_open(&connection, url, told);
    if (result == 0)
        result = serve(&view, &connection, data);
    elastisim_view_release(&view);
    elastisim_connection_close(&connection);
    return result;
}

/* *told: by the simulator that started this process. */
static const char *url_for(int argc, char **argv, bool *told)
{
    const char *given = argc > 1 ? argv[1] : NULL, *url = getenv("ELASTISIM_URL");
    *told = url && *url;
    if (!*told)
        return given;
    if (given && strcmp(given, url) != 0)
        fprintf(stderr,
                "elastisim scheduler: connecting to the simulator that started this process "
                "(ELASTISIM_URL), not to %s\n",
                given);
    return url;
}

int main(int argc, char **argv)
{
    bool told;
    const char *url = url_for(argc, argv, &told);
    void *data = NULL;
    if (!url) {
        fprintf(stderr, "usage: %s URL [OPTIONS], or ELASTISIM_URL in the environment\n", argv[0]);
        return 2;
    }
    if (elastisim_scheduler.open && elastisim_scheduler.open(argc > 2 ? argv[2] : "", &data)) {
        fprintf(stderr, "elastisim scheduler: can't begin\n");
        return 1;
    }
    int result = connect_and_serve(url, told, data);
    if (elastisim_scheduler.close)
        elastisim_scheduler.close(data);
    return result ? 1 : 0;
}
