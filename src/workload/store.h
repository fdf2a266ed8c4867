/* Where a workload keeps its jobs: memory in chunks, soon large ones, that lives as long as the
 * workload, and tables from text to what was made of it. A million small jobs are a few hundred
 * large blocks. */
#ifndef ELASTISIM_WORKLOAD_STORE_H
#define ELASTISIM_WORKLOAD_STORE_H

#include <stddef.h>

struct chunk;

/* Zeroed, it is empty. */
struct store {
    struct chunk *chunks; /* the one in use first */
    size_t next_size;     /* of the next chunk; 0 for the first one's */
};

/* Memory for any type, zeroed; NULL when there is none left. Freed with the whole store. */
void *store_allocate(struct store *store, size_t size);
/* A copy of text. */
char *store_text(struct store *store, const char *text);
void store_free(struct store *store);

/* A table from text to a pointer; zeroed, it is empty. It is never walked through: results must not
 * depend on the order of hashes. */
struct table {
    struct entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

struct entry {
    const char *key; /* NULL where free; owned by who put it in */
    void *value;
};

/* What stands under the key, or NULL. */
void *table_find(const struct table *table, const char *key);
/* Puts a value, not NULL, under a key that the table lacks; keeps the pointer to the key. Returns
 * 0, or -1 when out of memory. */
int table_add(struct table *table, const char *key, void *value);
void table_free(struct table *table);

#endif
