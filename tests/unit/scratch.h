/* A directory of its own for a test program that reads files: messages then name plain files. */
#ifndef ELASTISIM_TESTS_SCRATCH_H
#define ELASTISIM_TESTS_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_directory[] = "/tmp/elastisim-test-XXXXXX";

/* Group setup: makes the directory and goes there. */
static int scratch_enter(void **state)
{
    (void)state;
    return !mkdtemp(scratch_directory) || chdir(scratch_directory) != 0 ? -1 : 0;
}

/* Group teardown: removes the directory and the files in it. */
static int scratch_leave(void **state)
{
    DIR *directory = opendir(".");
    struct dirent *entry;

    (void)state;
    while (directory && (entry = readdir(directory)))
        if (entry->d_name[0] != '.' && unlink(entry->d_name))
            perror(entry->d_name);
    if (!directory || closedir(directory) || chdir("/"))
        return -1;
    return rmdir(scratch_directory);
}

/* Writes a file, with " for each ' of the text, so that JSON is easy to read in C. */
static void scratch_write(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    if (!file) {
        perror(name);
        abort();
    }
    for (; *text != '\0'; text++)
        fputc(*text == '\'' ? '"' : *text, file);
    if (fclose(file))
        abort();
}

#endif
