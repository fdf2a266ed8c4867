/* Chunks of memory and tables of texts for the workload. */
#include "workload/store.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The first chunk is small, and each that follows twice as large, up to the largest. */
enum { FIRST_CHUNK = 8 * 1024, LARGEST_CHUNK = 256 * 1024, FIRST_CAPACITY = 64 };

struct chunk {
    struct chunk *next;
    size_t used, size; /* of data */
    alignas(max_align_t) unsigned char data[];
};

static size_t next_size(const struct store *store)
{
    size_t size = store->next_size ? store->next_size : FIRST_CHUNK;
    return size < LARGEST_CHUNK ? size : LARGEST_CHUNK;
}

static struct chunk *add_chunk(struct store *store, size_t size)
{
    size_t next = next_size(store);
    /* A large item gets a chunk of its own, and the one in use stays first. */
    bool alone = size > next / 4;
    struct chunk *chunk = calloc(1, sizeof *chunk + (alone ? size : next));

    if (!chunk)
        return NULL;
    chunk->size = alone ? size : next;
    store->next_size = alone ? next : 2 * next;
    if (alone && store->chunks) {
        chunk->next = store->chunks->next;
        store->chunks->next = chunk;
    } else {
        chunk->next = store->chunks;
        store->chunks = chunk;
    }
    return chunk;
}

static void *take(struct store *store, size_t size, size_t alignment)
{
    struct chunk *chunk = store->chunks;
    size_t start = 0;

    if (chunk)
        start = (chunk->used + alignment - 1) & ~(alignment - 1);
    if (!chunk || start > chunk->size || chunk->size - start < size) {
        chunk = add_chunk(store, size);
        if (!chunk)
            return NULL;
        start = 0;
    }
    chunk->used = start + size;
    return chunk->data + start;
}

void *store_allocate(struct store *store, size_t size)
{
    return take(store, size, alignof(max_align_t));
}

char *store_text(struct store *store, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = take(store, size, 1);

    return copy ? memcpy(copy, text, size) : NULL;
}

void store_free(struct store *store)
{
    while (store->chunks) {
        struct chunk *chunk = store->chunks;
        store->chunks = chunk->next;
        free(chunk);
    }
}

/* FNV-1a */
static uint64_t hash(const char *key)
{
    uint64_t value = UINT64_C(14695981039346656037);

    for (; *key != '\0'; key++)
        value = (value ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return value ^ value >> 32;
}

/* The entry of the key, or the free one where it belongs. */
static struct entry *probe(const struct table *table, const char *key)
{
    size_t i = (size_t)hash(key) & (table->capacity - 1);

    while (table->entries[i].key && strcmp(table->entries[i].key, key) != 0)
        i = (i + 1) & (table->capacity - 1);
    return &table->entries[i];
}

static int grow(struct table *table)
{
    struct table grown = {.capacity = table->capacity == 0 ? FIRST_CAPACITY : 2 * table->capacity,
                          .count = table->count};

    grown.entries = calloc(grown.capacity, sizeof *grown.entries);
    if (!grown.entries)
        return -1;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->entries[i].key)
            *probe(&grown, table->entries[i].key) = table->entries[i];
    free(table->entries);
    *table = grown;
    return 0;
}

void *table_find(const struct table *table, const char *key)
{
    return table->capacity == 0 ? NULL : probe(table, key)->value;
}

int table_add(struct table *table, const char *key, void *value)
{
    if (2 * table->count >= table->capacity && grow(table))
        return -1;
    *probe(table, key) = (struct entry){key, value};
    table->count++;
    return 0;
}

void table_free(struct table *table)
{
    free(table->entries);
    *table = (struct table){.entries = NULL};
}
