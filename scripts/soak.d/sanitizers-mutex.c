// Lets the thread sanitizer see what it cannot: a contended `Mutex` of Swift is taken and given back within the standard
// library (by futex), which is not instrumented, so that every access after a wait looks like a race. Preloaded, this tells
// the sanitizer of both. The fast ways are compiled into our own code, and seen.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void (*Lock)(uint32_t thread, SELF);
typedef SWIFT bool (*TryLock)(SELF);
typedef SWIFT void (*Unlock)(SELF);
typedef void (*Tell)(void *address);

// The sanitizer is a part of the program that this is loaded into; other programs have none.
static void tell(const char *name, void *handle) {
    Tell told = (Tell)dlsym(RTLD_DEFAULT, name);
    if (told) told(handle);
}

SWIFT void lock(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void lock(uint32_t thread, SELF) {
    ((Lock)dlsym(RTLD_NEXT, LOCK))(thread, handle);
    tell("__tsan_acquire", handle);
}

SWIFT bool tryLock(SELF) __asm__(TRY_LOCK);
SWIFT bool tryLock(SELF) {
    bool isTaken = ((TryLock)dlsym(RTLD_NEXT, TRY_LOCK))(handle);
    if (isTaken) tell("__tsan_acquire", handle);
    return isTaken;
}

SWIFT void unlock(SELF) __asm__(UNLOCK);
SWIFT void unlock(SELF) {
    tell("__tsan_release", handle);
    ((Unlock)dlsym(RTLD_NEXT, UNLOCK))(handle);
}
