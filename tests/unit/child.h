/* SimGrid's engine exists once per process: each case runs in a child, where failed
 * checks end it. */
#ifndef ELASTISIM_TESTS_CHILD_H
#define ELASTISIM_TESTS_CHILD_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs a case; returns whether it went well. */
static bool child_runs(void (*run)(const void *), const void *argument)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        run(argument);
        exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static inline void child_fails(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    fflush(NULL);
    _exit(1);
}

static inline void check_numbers(double value, double expected, const char *file, int line)
{
    char text[96];
    if (fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected)))
        return;
    snprintf(text, sizeof text, "%.17g is not %.17g", value, expected);
    child_fails(file, line, text);
}

static inline void check_texts(const char *text, const char *expected, const char *file, int line)
{
    if (strcmp(text, expected) == 0)
        return;
    fprintf(stderr, "expected: %s\nfound:    %s\n", expected, text);
    child_fails(file, line, "texts differ");
}

#define check(condition) ((condition) ? (void)0 : child_fails(__FILE__, __LINE__, #condition))
#define check_near(value, expected) check_numbers(value, expected, __FILE__, __LINE__)
#define check_text(text, expected) check_texts(text, expected, __FILE__, __LINE__)

#endif
