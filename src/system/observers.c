/* Promise: each observer hears what it asked for, once, and nothing else. */
#include "system/observers.h"

void observers_add(struct observers *observers, const struct observer *observer)
{
    if (!observer->hears || observers->count == MAX_OBSERVERS)
        return;
    observers->items[observers->count++] = *observer;
    observers->heard |= observer->hears;
}

int observers_tell(const struct observers *observers, const struct happening *happening,
                   struct error *err)
{
    if (!observers_want(observers, happening->kind))
        return 0;
    int result = 0;
    for (size_t i = 0; i < observers->count; i++) {
        const struct observer *observer = &observers->items[i];
        if (observer->hears >> happening->kind & 1 &&
            observer->notice(observer->self, happening, err))
            result = -1;
    }
    return result;
}
