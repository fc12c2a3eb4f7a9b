import Glibc
public import HoldfastCore

/// The right to use a store's folder: one process at a time (requirement C8).
///
/// A lock file in the folder is locked with `flock`, so the right ends with the process however that ends, and no stale
/// file has to be cleaned up. In the file stand the process and the time it began, for whoever is refused.
public final class StoreLock: Sendable {
    public static let fileName = "holdfast.lock"

    private let descriptor: Int32

    /// Takes the right, and makes the folder if there is none.
    ///
    /// - Parameters:
    ///   - folder: the store's folder.
    ///   - startedAt: what is told to others as the time the holder began.
    public init(folder: String, startedAt: WallTime) throws(StoreLockError) {
        try Self.makeFolder(folder)
        let path = "\(folder)/\(Self.fileName)"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .unusable(path: path, errno: errno) }
        guard Self.lock(file) else {
            let problem = errno
            let holder = problem == EWOULDBLOCK ? Self.readHolder(file) : nil
            close(file)
            if problem == EWOULDBLOCK { throw .held(path: path, by: holder) }
            throw .unusable(path: path, errno: problem)
        }
        descriptor = file
        Self.write("\(getpid()) \(startedAt.milliseconds)\n", to: file)
    }

    /// Gives the right back. The file stays: removing it would let two processes lock two files of one name.
    deinit {
        close(descriptor)
    }

    /// Tries for a moment: a program that the process before us was just starting holds its lock until it is started.
    private static func lock(_ file: Int32) -> Bool {
        for _ in 0..<tries {
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(pauseMicroseconds)
        }
        return flock(file, LOCK_EX | LOCK_NB) == 0
    }

    private static let tries = 10
    private static let pauseMicroseconds: UInt32 = 50_000

    /// Who holds a lock.
    public struct Holder: Sendable, Hashable {
        public var process: Int32
        public var startedAt: WallTime
    }

    private static func readHolder(_ file: Int32) -> Holder? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        let words = String(decoding: bytes.prefix(count), as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let process = Int32(words[0]), let milliseconds = Int64(words[1]) else { return nil }
        return Holder(process: process, startedAt: WallTime(milliseconds: milliseconds))
    }

    /// The lock holds without this text, so a full disk does not take the right away.
    private static func write(_ text: String, to file: Int32) {
        let bytes = Array(text.utf8)
        guard ftruncate(file, 0) == 0 else { return }
        _ = pwrite(file, bytes, bytes.count, 0)
    }

    private static func makeFolder(_ folder: String) throws(StoreLockError) {
        var path = ""
        for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
            path += path.isEmpty && part.isEmpty ? "/" : part + "/"
            guard mkdir(path, 0o700) != 0, errno != EEXIST, errno != EISDIR, errno != EROFS else { continue }
            throw .unusable(path: folder, errno: errno)
        }
    }
}

/// Why a store's folder cannot be used.
public enum StoreLockError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Another process uses it; nil if the lock file does not say which one.
    case held(path: String, by: StoreLock.Holder?)
    /// The folder or the lock file cannot be made or opened.
    case unusable(path: String, errno: Int32)

    public var description: String {
        switch self {
        case .held(let path, nil):
            "the store is in use by another process (\(path) is locked); stop that one, or give this one its own store.path"
        case .held(let path, let holder?):
            """
            the store is in use by process \(holder.process), started \(holder.startedAt.rfc3339) (\(path) is locked); \
            stop that one, or give this one its own store.path
            """
        case .unusable(let path, let errno):
            "the store cannot be used: \(path): \(String(cString: strerror(errno))); check the path and its permissions"
        }
    }
}
