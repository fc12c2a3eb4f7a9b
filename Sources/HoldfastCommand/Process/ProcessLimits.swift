import Foundation
import HoldfastFleet

/// What the process asks of the system for itself, once, before anything else.
enum ProcessLimits {
    /// Raises the soft limit of descriptors to the hard one (I7), turns core dumps off (they would hold every secret), and
    /// makes writing to a closed pipe an error instead of an end. Keeps what a fleet takes of memory close together.
    static func prepare() {
        ProcessMemory.shareHeaps()
        ProcessMemory.keepBuffersApart()
        signal(SIGPIPE, SIG_IGN)
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        ProcessSampler.raiseDescriptorLimit()
    }
}
