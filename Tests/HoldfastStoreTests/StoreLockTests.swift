import Glibc
import HoldfastCore
import HoldfastStore
import Testing

@Suite("A store belongs to one process")
struct StoreLockTests {
    private let folder = TemporaryFolder()
    private let started = WallTime(milliseconds: 1_700_000_000_000)

    @Test("the first one gets it, and the folder is made")
    func taken() throws {
        let path = folder.path + "/deep/data"
        let lock = try StoreLock(folder: path, startedAt: started)
        #expect(access(path + "/" + StoreLock.fileName, F_OK) == 0)
        withExtendedLifetime(lock) {}
    }

    @Test("the second one is told who has it, since when, and what to do")
    func refused() throws {
        let lock = try StoreLock(folder: folder.path, startedAt: started)
        let error = #expect(throws: StoreLockError.self) {
            try StoreLock(folder: folder.path, startedAt: started)
        }
        let text = try #require(error).description
        #expect(text.contains("process \(getpid()), started 2023-11-14T22:13:20.000Z"))
        #expect(text.contains(folder.path))
        #expect(text.contains("stop that one"))
        withExtendedLifetime(lock) {}
    }

    @Test("what is given back can be taken again")
    func givenBack() throws {
        var lock: StoreLock? = try StoreLock(folder: folder.path, startedAt: started)
        lock = nil
        lock = try StoreLock(folder: folder.path, startedAt: started)
        #expect(lock != nil)
    }

    @Test("a lock file with rubbish in it locks all the same")
    func rubbish() throws {
        let path = folder.path + "/" + StoreLock.fileName
        let file = open(path, O_CREAT | O_RDWR, 0o600)
        defer { close(file) }
        _ = write(file, "what?", 5)
        #expect(flock(file, LOCK_EX) == 0)
        #expect(throws: StoreLockError.held(path: path, by: nil)) {
            try StoreLock(folder: folder.path, startedAt: started)
        }
    }

    @Test("a path through a file is refused with the reason")
    func unusable() throws {
        let file = folder.path + "/file"
        close(open(file, O_CREAT | O_RDWR, 0o600))
        let error = #expect(throws: StoreLockError.self) {
            try StoreLock(folder: file + "/data", startedAt: started)
        }
        #expect(try #require(error).description.contains("Not a directory"))
    }
}

/// A folder that goes when the test has ended.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/holdfast-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        remove(path)
    }

    private func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove(path + "/" + name) }
            }
            closedir(folder)
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
