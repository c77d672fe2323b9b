import Glibc
import POSIX
import TestSupport
import Testing

@Suite struct FullFileTests {
  /// A limit on the size of files ends a write half way, as a full disk does, without a mount.
  @Test func aWriteThatEndsHalfWayLeavesTheOldFileAndNothingBesideIt() async {
    await #expect(processExitsWith: .success) {
      let directory = TemporaryDirectory()
      let path = directory.file("kept")
      try File.write(Array("old".utf8), to: path)
      try File.write([UInt8](repeating: 1, count: 200_000), to: directory.file("source"))
      var limit = rlimit(rlim_cur: 65_536, rlim_max: 65_536)
      signal(SIGXFSZ, SIG_IGN)
      try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      #expect(throws: SystemError("write", path, code: EFBIG)) {
        try File.write([UInt8](repeating: 2, count: 200_000), to: path)
      }
      #expect(throws: SystemError("write", path, code: EFBIG)) {
        try File.copy(directory.file("source"), to: path, mode: 0o644)
      }
      #expect(try File.readText(path) == "old")
      #expect(try File.list(directory.path) == ["kept", "source"])
    }
  }
}
