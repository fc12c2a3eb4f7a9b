import Foundation

/// What the process asks of the system for itself, once, before anything else.
enum ProcessLimits {
    /// Raises the soft limit of descriptors to the hard one (I7), turns core dumps off (they would hold every secret), and
    /// makes writing to a closed pipe an error instead of an end.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return }
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }

    /// Gives memory that was freed back to the system. The tree of a configuration with thousands of accounts is larger
    /// than the fleet made from it, and would otherwise stay resident as holes in the heap.
    static func returnFreedMemory() {
        // glibc's own, in no header that Swift imports; where there is none, nothing is lost but the memory.
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)(0)
    }
}
