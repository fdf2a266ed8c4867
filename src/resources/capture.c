/* Standard error goes to a temporary file for a while. */
#include "resources/capture.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static FILE *caught;         /* NULL while nothing is caught */
static int real_stderr = -1; /* a copy of the descriptor */
static bool exit_expected;

void capture_begin(void)
{
    fflush(stderr);
    caught = tmpfile();
    real_stderr = caught ? dup(STDERR_FILENO) : -1;
    if (real_stderr >= 0) {
        dup2(fileno(caught), STDERR_FILENO);
    } else if (caught) {
        fclose(caught);
        caught = NULL;
    }
}

/* The whole file; NULL when it is empty. */
static char *read_caught(void)
{
    long size = fseek(caught, 0, SEEK_END) == 0 ? ftell(caught) : 0;
    char *text = size > 0 ? malloc((size_t)size + 1) : NULL;
    if (!text)
        return NULL;
    rewind(caught);
    text[fread(text, 1, (size_t)size, caught)] = '\0';
    return text;
}

char *capture_end(void)
{
    if (!caught)
        return NULL;
    fflush(stderr);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    char *text = read_caught();
    fclose(caught);
    caught = NULL;
    return text;
}

static void show_caught(void)
{
    if (!caught)
        return;
    char *text = capture_end();
    fputs(text ? text : "", stderr);
    free(text);
    if (exit_expected)
        return;
    fputs("elastisim: error: SimGrid ended the program\n", stderr);
    fflush(NULL);
    _exit(ERROR_INPUT);
}

void capture_watch_exit(bool expected)
{
    static bool watching;
    exit_expected = expected;
    if (!watching)
        watching = atexit(show_caught) == 0;
}
