/*
 * Writing what is left of a generator to a file, at the speed of the device.
 *
 * - Two buffers of a chunk each: the calling thread generates into one, and asks the host whether to go on, while one
 *   thread writes the other. Where little is left, or chunks are small, a thread would cost more than it saves: the
 *   calling thread then writes too.
 * - A reader sees the old file or the new one: the bytes go to a new file beside it, which is synced and then renamed
 *   over it. Symbolic links are followed, so that a link stays one. Devices and pipes are written in place.
 * - Large writes go past the page cache (O_DIRECT), which would only copy them. Where that is not possible, the cache
 *   is written back as it fills, so that the last sync, which nothing can interrupt, is short.
 * - No signal reaches the host by a write: it would be the end of one that meets a broken pipe or a file size limit.
 *
 * Inside, a failure is an errno, ECANCELED if the host asked to stop.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "threads.h"

#define CHUNK_MAX (64 * MIB)
#define DEVICE_BLOCK (4 * KIB) /* what O_DIRECT wants addresses, lengths and offsets to be multiples of */
#define SLOW_FROM (64 * MIB)   /* from here on freeing a file's blocks takes a time that a host would notice */
#define LARGE_FROM MIB         /* from here on a thread, and writing past the cache, are worth their cost */
#define PIECE (4 * MIB)        /* of one write: large enough for full speed, small enough to stop soon */
#define WINDOW (8 * MIB)       /* of the page cache, written back while the next is filled */
enum { POLL_MS = 10, LINKS_MAX = 40, SUFFIX = 7, NAMES_TRIED = 100 };

/* ------------------------------------------------------------------------------------------------------- the target */

struct target {
    int file, folder; /* folder: of a file that is to be replaced; -1: `file` is written in place */
    bool regular, direct;
    uint64_t written, flushed; /* bytes handed to the system, and of these the bytes whose write-back was begun */
    char name[NAME_MAX + 1], temporary[NAME_MAX + SUFFIX + 1]; /* in the folder; temporary[0] 0: there is none */
};

static void set_direct(struct target *t, bool direct)
{
#ifdef O_DIRECT
    int flags = fcntl(t->file, F_GETFL);
    t->direct = fcntl(t->file, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0 && direct;
#endif
}

/* Opens a device or pipe. Nothing may block for ever while the host wants to stop, so a pipe without a reader is tried
   again and again. */
static int open_in_place(struct target *t, const char *path, const struct stat *old)
{
    for (;;) {
        t->file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (t->file >= 0) return 0;
        if (errno != EINTR && (errno != ENXIO || !S_ISFIFO(old->st_mode))) return errno;
        if (dgen__canceled()) return ECANCELED;
        poll(NULL, 0, POLL_MS);
    }
}

/* Follows symbolic links, also those to a file that is yet to be, from path to where the file is or will be. */
static int follow_links(char target[PATH_MAX], const char *path)
{
    char link[PATH_MAX];
    if (strlen(path) >= PATH_MAX) return ENAMETOOLONG;
    strcpy(target, path);
    for (int i = 0; i < LINKS_MAX; i++) {
        ssize_t n = readlink(target, link, sizeof link);
        if (n < 0) return errno == EINVAL || errno == ENOENT ? 0 : errno; /* no link, or nothing yet */
        char *slash = strrchr(target, '/');
        size_t folder = slash && link[0] != '/' ? (size_t)(slash - target) + 1 : 0;
        if (folder + (size_t)n >= PATH_MAX) return ENAMETOOLONG;
        memcpy(target + folder, link, (size_t)n);
        target[folder + (size_t)n] = 0;
    }
    return ELOOP;
}

/* Creates the temporary file. The system applies the umask to a new file's mode; an old one's is set at the end. */
static int create_temporary(struct target *t, mode_t mode)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    for (int i = 0; i < NAMES_TRIED; i++) {
        uint64_t random = dgen_fresh_seed();
        int kept = (int)dgen__least(strlen(t->name), NAME_MAX - SUFFIX);
        char *at = t->temporary + snprintf(t->temporary, sizeof t->temporary, "%.*s.", kept, t->name);
        for (int j = 1; j < SUFFIX; j++, random >>= 5) *at++ = letters[random & 31];
        *at = 0;
        t->file = openat(t->folder, t->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (t->file >= 0) return 0;
        t->temporary[0] = 0;
        if (errno != EEXIST && errno != EINTR) return errno;
    }
    return errno;
}

/* Opens what is to replace the file at path; old: what is there now, or NULL. */
static int open_replacement(struct target *t, const char *path, const struct stat *old)
{
    char target[PATH_MAX];
    struct stat found;
    int failure = follow_links(target, path);
    if (failure) return failure;
    /* A file without a name any more, such as /dev/stdout may be, can't be replaced. */
    if (old && (lstat(target, &found) || found.st_ino != old->st_ino || found.st_dev != old->st_dev)) return ENOENT;
    if (old && faccessat(AT_FDCWD, target, W_OK, AT_EACCESS)) return errno;
    char *slash = strrchr(target, '/'), *name = slash ? slash + 1 : target;
    if (!*name) return EISDIR;
    if (strlen(name) > NAME_MAX) return ENAMETOOLONG;
    strcpy(t->name, name);
    *name = 0;
    t->folder = open(slash ? target : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->folder < 0) return errno;
    failure = create_temporary(t, old ? 0600 : 0666);
    if (failure || !old) return failure;
    if ((found.st_uid != geteuid() || found.st_gid != getegid()) && fchown(t->file, found.st_uid, found.st_gid) < 0)
        errno = 0; /* only root can give files away; the file is then the caller's */
    return fchmod(t->file, found.st_mode & 0777) ? errno : 0;
}

static int target_open(struct target *t, const char *path, bool large)
{
    struct stat old;
    *t = (struct target){ .file = -1, .folder = -1 };
    bool exists = stat(path, &old) == 0;
    if (!exists && errno != ENOENT) return errno;
    if (exists && S_ISDIR(old.st_mode)) return EISDIR;
    t->regular = !exists || S_ISREG(old.st_mode);
    int failure = t->regular ? open_replacement(t, path, exists ? &old : NULL) : open_in_place(t, path, &old);
    if (!failure && large && (t->regular || S_ISBLK(old.st_mode))) set_direct(t, true);
    return failure;
}

static int sync_file(int file)
{
    while (fsync(file))
        if (errno != EINTR) return errno == EINVAL ? 0 : errno; /* EINVAL: this kind of file can't be synced */
    return 0;
}

/* Makes the file durable and puts it in its place. Once renamed it can't be taken back: `renamed` says so. */
static int target_commit(struct target *t, bool *renamed)
{
    struct stat new;
    int failure = sync_file(t->file);
    if (failure || t->folder < 0) return failure;
    if (fstat(t->file, &new)) return errno;
    if ((uint64_t)new.st_size != t->written) return EIO;
    int file = t->file;
    t->file = -1;
    if (close(file) && errno != EINTR) return errno;
    if (dgen__canceled()) return ECANCELED;
    if (renameat(t->folder, t->temporary, t->folder, t->name)) return errno;
    t->temporary[0] = 0;
    *renamed = true;
    return sync_file(t->folder);
}

static void *close_file(void *file)
{
    close((int)(intptr_t)file);
    return NULL;
}

/* The last close of an unlinked file frees its blocks, which takes a second for some gigabytes: longer than whoever
   canceled wants to wait. If no thread can be had, it is closed here. */
static void close_in_background(int file)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, &attributes, close_file, (void *)(intptr_t)file)) close(file);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

static void target_close(struct target *t)
{
    bool slow = t->temporary[0] && t->written >= SLOW_FROM;
    if (t->temporary[0]) unlinkat(t->folder, t->temporary, 0);
    if (t->file >= 0 && slow) close_in_background(t->file);
    else if (t->file >= 0) close(t->file);
    if (t->folder >= 0) close(t->folder);
}

/* ------------------------------------------------------------------------------------------------------- the writer */

struct writer {
    struct target *target;
    bool threaded;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: the chunk to write, NULL when it has been; and what went wrong with any so far. */
    const uint8_t *chunk;
    uint64_t chunk_bytes;
    int failure;
    bool finished;
    atomic_bool stop;
};

/* Signals that a write raises, kept from the host: blocked, and taken back if this write raised them. */
struct held_signals {
    sigset_t before, raised;
};

static void hold_signals(struct held_signals *held)
{
    sigset_t pending;
    sigemptyset(&held->raised);
    sigaddset(&held->raised, SIGPIPE);
    sigaddset(&held->raised, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &held->raised, &held->before);
    sigpending(&pending);
    if (sigismember(&pending, SIGPIPE)) sigdelset(&held->raised, SIGPIPE);
    if (sigismember(&pending, SIGXFSZ)) sigdelset(&held->raised, SIGXFSZ);
}

static void release_signals(struct held_signals *held)
{
    static const struct timespec now;
    while (sigtimedwait(&held->raised, NULL, &now) > 0) {}
    pthread_sigmask(SIG_SETMASK, &held->before, NULL);
}

/* Begins to write back the last window of the page cache and waits until the one before has been. */
static int write_back(struct target *t)
{
#ifdef SYNC_FILE_RANGE_WRITE
    uint64_t before = t->flushed;
    if (!t->regular || t->direct || t->written - before < WINDOW) return 0;
    t->flushed = t->written;
    int result = sync_file_range(t->file, (off_t)before, (off_t)(t->written - before), SYNC_FILE_RANGE_WRITE);
    if (!result && before)
        result = sync_file_range(t->file, 0, (off_t)before, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE
                                                            | SYNC_FILE_RANGE_WAIT_AFTER);
    if (result && errno != EINVAL && errno != ENOSYS && errno != ESPIPE) return errno;
#endif
    return 0;
}

static bool stopped(struct writer *w) { return w->threaded ? atomic_load(&w->stop) : dgen__canceled(); }

static int write_chunk(struct writer *w, const uint8_t *bytes, uint64_t n)
{
    struct target *t = w->target;
    while (n > 0) {
        if (stopped(w)) return ECANCELED;
        uint64_t piece = dgen__least(n, PIECE);
        if (t->direct && piece < DEVICE_BLOCK) set_direct(t, false);
        if (t->direct) piece -= piece % DEVICE_BLOCK;
        ssize_t wrote = write(t->file, bytes, piece);
        if (wrote > 0) {
            bytes += wrote, n -= (uint64_t)wrote, t->written += (uint64_t)wrote;
            int failure = write_back(t);
            if (failure) return failure;
        } else if (wrote == 0) return EIO;
        else if (errno == EINVAL && t->direct) set_direct(t, false);
        else if (errno == EAGAIN) poll(&(struct pollfd){ .fd = t->file, .events = POLLOUT }, 1, POLL_MS);
        else if (errno != EINTR) return errno;
    }
    return 0;
}

static void *write_chunks(void *context)
{
    struct writer *w = context;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->chunk && !w->finished) pthread_cond_wait(&w->changed, &w->lock);
        if (!w->chunk) break;
        pthread_mutex_unlock(&w->lock);
        int failure = write_chunk(w, w->chunk, w->chunk_bytes);
        pthread_mutex_lock(&w->lock);
        w->failure = failure;
        w->chunk = NULL;
        pthread_cond_signal(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Starts a writer; if there is no thread to be had, one that writes on the calling thread. */
static void writer_start(struct writer *w, struct target *target, bool threaded)
{
    *w = (struct writer){ .target = target };
    if (!threaded) return;
    pthread_condattr_t attributes;
    sigset_t all, before;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all); /* the host's signals are for the host's threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    w->threaded = true;
    if (pthread_create(&w->thread, NULL, write_chunks, w)) w->threaded = false;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Waits until the chunk in hand is written, asking the host meanwhile. */
static int writer_wait(struct writer *w)
{
    if (!w->threaded) return w->failure;
    pthread_mutex_lock(&w->lock);
    while (w->chunk) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += POLL_MS * 1000000;
        if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
        if (pthread_cond_timedwait(&w->changed, &w->lock, &until) == ETIMEDOUT) {
            pthread_mutex_unlock(&w->lock);
            if (dgen__canceled()) atomic_store(&w->stop, true);
            pthread_mutex_lock(&w->lock);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return w->failure;
}

/* Has a chunk written, which must stay as it is until writer_wait returns. */
static void writer_put(struct writer *w, const uint8_t *chunk, uint64_t n)
{
    if (w->threaded) {
        pthread_mutex_lock(&w->lock);
        w->chunk = chunk, w->chunk_bytes = n;
        pthread_cond_signal(&w->changed);
        pthread_mutex_unlock(&w->lock);
        return;
    }
    struct held_signals held;
    hold_signals(&held);
    w->failure = write_chunk(w, chunk, n);
    release_signals(&held);
}

static void writer_finish(struct writer *w)
{
    if (!w->threaded) return;
    atomic_store(&w->stop, true); /* a chunk still in hand is one that nobody waits for */
    pthread_mutex_lock(&w->lock);
    w->finished = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
}

/* ---------------------------------------------------------------------------------------------------- the whole job */

struct job {
    dgen_generator *generator;
    const char *path;
    uint64_t step, total;
    dgen_progress progress;
    void *context;
};

/* An error's text: in English like the rest of a message, whatever the host's locale. */
static const char *reason(int failure)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
    const char *text = strerrordesc_np(failure);
    return text ? text : "unknown error";
#else
    return strerror(failure);
#endif
}

static dgen_status fail_path(const struct job *job, const char *verb, int failure, dgen_error *error)
{
    enum { SHOWN_MAX = 300 };
    const char *path = job->path, *shown = path;
    if (failure == ECANCELED) return dgen__fail_canceled(error);
    if (strlen(path) > SHOWN_MAX) shown += strlen(path) - SHOWN_MAX;
    while (shown > path && (*shown & 0xC0) == 0x80) shown++; /* not in the middle of a UTF-8 character */
    return dgen__fail(error, DGEN_EIO, "path", "path \"%s%s\" %s: %s", shown > path ? "..." : "", shown, verb,
                      reason(failure));
}

static bool canceled_by_progress(const struct job *job, uint64_t done)
{
    return job->progress && done > 0 && job->progress(job->context, done, job->total);
}

/* Generates into one buffer while the writer writes the other; without a thread both are the same. */
static dgen_status copy(const struct job *job, struct writer *writer, uint8_t *const buffers[2], dgen_error *error)
{
    uint64_t done = 0;
    int failure = 0;
    for (int i = 0; done < job->total; i ^= 1) {
        uint64_t n;
        dgen_status status = dgen_generator_fill(job->generator, buffers[i], job->step, &n, error);
        if (status != DGEN_OK) return status;
        if ((failure = writer_wait(writer))) break;
        writer_put(writer, buffers[i], n);
        if (canceled_by_progress(job, done)) return dgen__fail_canceled(error);
        done += n;
    }
    if (!failure) failure = writer_wait(writer);
    if (failure) return fail_path(job, "cannot be written", failure, error);
    return canceled_by_progress(job, done) ? dgen__fail_canceled(error) : DGEN_OK;
}

static dgen_status fill_target(const struct job *job, struct target *target, dgen_error *error)
{
    const dgen_config *placement = dgen_generator_config(job->generator);
    bool threaded = job->total >= LARGE_FROM && job->step >= LARGE_FROM / 16;
    bool two = threaded && job->total > job->step;
    dgen_block *first, *second = NULL;
    dgen_status status = dgen__block_alloc(&first, job->step, placement, error);
    if (status != DGEN_OK) return status;
    if (two) status = dgen__block_alloc(&second, job->step, placement, error);
    if (status == DGEN_OK) {
        uint8_t *buffers[2] = { dgen__block_data(first), dgen__block_data(two ? second : first) };
        struct writer writer;
        writer_start(&writer, target, threaded);
        status = copy(job, &writer, buffers, error);
        writer_finish(&writer);
        if (two) dgen__block_release(second);
    }
    dgen__block_release(first);
    return status;
}

static dgen_status write_target(const struct job *job, dgen_error *error)
{
    struct target target;
    bool renamed = false;
    dgen_status status = DGEN_OK;
    int failure = target_open(&target, job->path, job->step >= LARGE_FROM);
    if (failure) status = fail_path(job, "cannot be opened", failure, error);
    if (status == DGEN_OK && job->total > 0) status = fill_target(job, &target, error);
    if (status == DGEN_OK && (failure = target_commit(&target, &renamed)))
        status = fail_path(job, renamed ? "is written, but may not outlast a power cut" : "cannot be written", failure,
                           error);
    target_close(&target);
    return status;
}

/* Bytes of a buffer: a chunk, but not more than is left, and whole device blocks if it is large. */
static uint64_t choose_step(uint64_t chunk, uint64_t total)
{
    uint64_t step = dgen__least(chunk, CHUNK_MAX);
    if (step >= total) return total;
    return step >= LARGE_FROM ? step - step % DEVICE_BLOCK : step;
}

dgen_status dgen_generator_write_file(dgen_generator *generator, const char *path, dgen_progress progress,
                                      void *context, uint64_t *written, dgen_error *error)
{
    const dgen_config *config = dgen_generator_config(generator);
    uint64_t start = dgen_generator_position(generator), total = config->size - start, none;
    if (!path || !*path) return dgen__fail(error, DGEN_EINVAL, "path", "path must be the name of a file, not empty");
    /* Nothing is left of an object that had bytes: most likely a second write of it, which must not empty the file. */
    if (total == 0 && start > config->offset) return dgen_generator_fill(generator, NULL, 0, &none, error);
    struct job job = { generator, path, choose_step(config->chunk_size, total), total, progress, context };
    dgen_status status = write_target(&job, error);
    if (status == DGEN_OK && written) *written = total;
    if (status == DGEN_OK) return DGEN_OK;
    dgen_status sought = dgen_generator_seek(generator, start, NULL);
    (void)sought; /* it was there before */
    return status;
}
