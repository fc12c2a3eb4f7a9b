import Glibc

/// The memory of the process as a whole.
public enum ProcessMemory {
    /// Gives memory that was freed back to the system. What many small things were made of otherwise stays resident as holes
    /// in the heap.
    public static func returnFreed() {
        // glibc's own, in no header that Swift imports; where there is none, nothing is lost but the memory.
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)(0)
    }

    /// Makes all threads share two heaps, for as long as there are no more. Each thread has one of its own otherwise, and what one
    /// has freed, such as all that reading a large configuration took, is of no use to the others. For the beginning of a process.
    public static func shareHeaps() {
        // An operator who has chosen knows better.
        guard getenv("MALLOC_ARENA_MAX") == nil, let symbol = dlsym(nil, "mallopt") else { return }
        let mostArenas: CInt = -8  // M_ARENA_MAX of malloc.h
        _ = unsafeBitCast(symbol, to: (@convention(c) (CInt, CInt) -> CInt).self)(mostArenas, 2)
    }

    /// Gives every large piece of memory pages of its own. The TLS library holds two buffers for each connection, of 16 and 32 KiB, and
    /// uses some hundred bytes of each: among the rest of the heap they get memory that something else has used, and which is
    /// resident. For the beginning of a process.
    public static func keepBuffersApart() {
        guard getenv("MALLOC_MMAP_THRESHOLD_") == nil, let symbol = dlsym(nil, "mallopt") else { return }
        let set = unsafeBitCast(symbol, to: (@convention(c) (CInt, CInt) -> CInt).self)
        // M_MMAP_THRESHOLD, M_MMAP_MAX and M_TOP_PAD of malloc.h. The kernel allows a process 65 530 mappings by default
        // (vm.max_map_count): some are left for all else, and beyond them pieces come from the heap. So they do from what a heap
        // holds in reserve, therefore that is small.
        _ = set(-3, 16 << 10)
        _ = set(-4, 49_152)
        _ = set(-2, 4 << 10)
    }

    /// What the control group lets the process use, in bytes: the least of its own limit and those above it. Nil if there is
    /// none, or only one of cgroup v1.
    static func controlGroupLimitBytes() -> Int? {
        guard let own = read("/proc/self/cgroup")?.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
            return nil
        }
        var path = own.dropFirst(3)
        var least: Int?
        while true {
            let folder = path.hasSuffix("/") ? path.dropLast() : path
            if let text = read("/sys/fs/cgroup\(folder)/memory.max"),
                let limit = Int(text.prefix { $0.isASCII && $0.isNumber })
            {
                least = min(least ?? .max, limit)
            }
            guard let slash = folder.lastIndex(of: "/") else { return least }
            path = folder[..<slash]
        }
    }

    /// A small file of the kernel's.
    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
