import Core
import POSIX
import Subprocess
import Testing

@Suite(.serialized) struct DescriptorTests {
  private func shell(_ script: String, _ descriptors: [Int32: Int32]) throws -> String {
    try Command("/bin/bash", ["-c", script], descriptors: descriptors)
      .run(deadline: .after(.seconds(60))).outputText
  }

  @Test func passedDescriptorsArriveAtTheirNumbers() throws {
    let first = try File.open("/etc/hostname", .read)
    let second = try File.open("/etc/passwd", .read)
    let text = try shell(
      "readlink /proc/$$/fd/3 /proc/$$/fd/5; test -e /proc/$$/fd/4 || echo closed",
      [3: first.rawValue, 5: second.rawValue])
    #expect(text == "/etc/hostname\n/etc/passwd\nclosed\n")
  }

  @Test func descriptorsCanSwapTheirNumbers() throws {
    let first = try File.open("/etc/hostname", .read)
    let second = try File.open("/etc/passwd", .read)
    let low = min(first.rawValue, second.rawValue)
    let high = max(first.rawValue, second.rawValue)
    let before = try shell(
      "readlink /proc/$$/fd/\(low) /proc/$$/fd/\(high)", [low: low, high: high])
    let after = try shell(
      "readlink /proc/$$/fd/\(low) /proc/$$/fd/\(high)", [low: high, high: low])
    #expect(before.split(separator: "\n").reversed() == after.split(separator: "\n"))
  }

  @Test func noOtherDescriptorReachesTheChild() throws {
    let open = try File.open("/etc/hostname", .read)
    try open.setCloseOnExec(false)
    let listed = try Command("ls", ["/proc/self/fd"]).run(deadline: .after(.seconds(60)))
    // 3 is the directory that ls itself has open.
    #expect(listed.outputText == "0\n1\n2\n3\n")
  }

  @Test func outputGoesToAGivenFile() throws {
    let path = "/tmp/slipway-subprocess-\(ProcessInfo.identifier)"
    defer { try? File.remove(path) }
    do {
      let file = try File.open(path, .replace)
      _ = try Command(
        "/bin/sh", ["-c", "echo out; echo err >&2"], output: .descriptor(file.rawValue),
        errorOutput: .descriptor(file.rawValue)
      ).run(deadline: .after(.seconds(60)))
    }
    #expect(try File.readText(path) == "out\nerr\n")
  }

  @Test func manyRunsLeaveNoPipeAndNoProcessDescriptorBehind() throws {
    let own = "ls -l /proc/\(ProcessInfo.identifier)/fd | grep -c -E 'pipe:|pidfd'"
    let before = try #require(Int(try shell(own, [:]).dropLast()))
    for _ in 0..<200 {
      _ = try Command("true").run(deadline: .after(.seconds(60)))
      _ = try? Command("no-such-program").run(deadline: .after(.seconds(60)))
    }
    let after = try #require(Int(try shell(own, [:]).dropLast()))
    // Other tests of this process start programs beside this one, but not as many.
    #expect(after < before + 150)
  }
}
