/* Promise: each observer hears what it asked for, once, and nothing else. */
#include "system/observers.h"

#include "base/bit_set.h"

void observers_add(struct observers *observers, const struct observer *observer)
{
    if (!observer->hears || observers->count == MAX_OBSERVERS)
        return;
    for (unsigned kind = 0; kind < NUM_HAPPENINGS; kind++)
        observers->listeners[kind] |= (observer->hears >> kind & 1) << observers->count;
    observers->items[observers->count++] = *observer;
    observers->heard |= observer->hears;
}

void observers_listen(struct observers *observers, const void *self, enum happening_kind kind,
                      bool listens)
{
    uint32_t *listeners = &observers->listeners[kind];
    for (size_t i = 0; i < observers->count; i++)
        if (observers->items[i].self == self)
            *listeners = listens ? *listeners | UINT32_C(1) << i : *listeners & ~(UINT32_C(1) << i);
    observers->heard =
        *listeners ? observers->heard | HEARS(kind) : observers->heard & ~HEARS(kind);
}

int observers_tell(const struct observers *observers, const struct happening *happening,
                   struct error *err)
{
    int result = 0;
    uint64_t listeners =
        observers_want(observers, happening->kind) ? observers->listeners[happening->kind] : 0;
    for (; listeners; listeners &= listeners - 1) {
        const struct observer *observer = &observers->items[bit_set_lowest(listeners)];
        if (observer->notice(observer->self, happening, err))
            result = -1;
    }
    return result;
}
