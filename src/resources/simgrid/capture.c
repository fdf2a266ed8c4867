/* Standard error goes to a temporary file for a while; the file is used again and again. */
#include "resources/simgrid/capture.h"

#include "base/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int file = -1;        /* -1: there is none yet */
static int real_stderr = -1; /* a copy of the descriptor; -1 while nothing is caught */
static bool exit_expected;

static int open_file(void)
{
    FILE *stream = tmpfile();
    if (!stream)
        return -1;
    int copy = dup(fileno(stream));
    fclose(stream);
    if (copy >= 0)
        fcntl(copy, F_SETFD, FD_CLOEXEC);
    return copy;
}

void capture_begin(void)
{
    if (file < 0)
        file = open_file();
    if (file < 0)
        return;
    fflush(stderr);
    real_stderr = dup(STDERR_FILENO);
    if (real_stderr >= 0)
        dup2(file, STDERR_FILENO);
}

int capture_real_stderr(void)
{
    return real_stderr < 0 ? STDERR_FILENO : real_stderr;
}

/* Reads the file; NULL when it is empty. */
static char *read_file(void)
{
    off_t size = lseek(file, 0, SEEK_END);
    char *text = size > 0 ? malloc((size_t)size + 1) : NULL;
    if (!text)
        return NULL;
    ssize_t length = pread(file, text, (size_t)size, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

char *capture_end(void)
{
    if (real_stderr < 0)
        return NULL;
    fflush(stderr);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    real_stderr = -1;
    char *text = read_file();
    if (text && (ftruncate(file, 0) || lseek(file, 0, SEEK_SET))) {
        close(file);
        file = -1;
    }
    return text;
}

static void show_caught(void)
{
    if (real_stderr < 0)
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
