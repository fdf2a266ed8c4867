/* Promise: each observer hears what it asked for, once, and nothing else. */
#include "system/observers.h"

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
    if (!observers_want(observers, happening->kind))
        return 0;
    int result = 0;
    uint32_t listeners = observers->listeners[happening->kind];
    for (size_t i = 0; listeners >> i; i++) {
        const struct observer *observer = &observers->items[i];
        if (listeners >> i & 1 && observer->notice(observer->self, happening, err))
            result = -1;
    }
    return result;
}
