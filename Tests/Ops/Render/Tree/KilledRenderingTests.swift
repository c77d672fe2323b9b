import Core
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

@Suite struct KilledRenderingTests {
  private static let patience = Duration.seconds(120)
  /// Files that are in their places when the rendering is killed.
  private static let filesBefore = 7

  @Test func aRenderingThatIsKilledLeavesWholeFilesAndTheNextOneDoesTheRest() throws {
    let (killed, whole) = (try RenderSite(), try RenderSite())
    whole.render()
    let wanted = try whole.files()
    let process = try ops(killed).spawn()
    let deadline = Deadline.after(Self.patience)
    while !deadline.hasPassed, try inPlace(killed) < Self.filesBefore {
      WorkThread.sleep(.milliseconds(20))
    }
    process.send(.kill)
    _ = try process.finish(.after(Self.patience))

    let left = try killed.files()
    #expect(try inPlace(killed) == Self.filesBefore)
    #expect(left.keys.contains { $0.hasSuffix(".new") })
    for (path, text) in left where !path.hasSuffix(".new") {
      #expect(wanted[path] == text, "\(path) is not whole")
    }
    #expect(killed.render().code == .done)
    #expect(try killed.files() == wanted)
  }

  private func ops(_ site: RenderSite) -> Subprocess.Command {
    Subprocess.Command(
      "\(Path.parent(of: ProcessInfo.executablePath))/ops", ["render", "--file", site.platform],
      variables: .inherited(changing: [WriteTree.restVariable: "\(Self.filesBefore)"]),
      output: .discard, errorOutput: .inherit)
  }

  private func inPlace(_ site: RenderSite) throws -> Int {
    try site.paths().filter { $0 != "platform.yaml" && !$0.hasSuffix(".new") }.count
  }
}
