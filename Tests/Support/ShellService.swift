import Foundation
import Synchronization

/// A shell script that serves a test until the test process ends, however it ends.
///
/// The script prints `ready` and then reads its standard input, a pipe that closes with this
/// process, even with `kill -9`; after that it cleans up. So no server outlives its test.
public final class ShellService: Sendable {
  /// Why a script did not get ready.
  public struct NotReady: Error, CustomStringConvertible {
    /// The last lines that the script printed.
    public let description: String
  }

  /// Sendable: a process and a pipe that nothing changes after the start.
  private struct Running: @unchecked Sendable {
    let process: Process
    let lifeline: Pipe
  }

  private let running: Running

  /// Starts `script` with `variables` in its environment and waits until it is ready.
  public init(script: String, variables: [String: String]) throws {
    let process = Process()
    let lifeline = Pipe()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    process.environment = ProcessInfo.processInfo.environment.merging(variables) { _, new in new }
    process.standardInput = lifeline
    process.standardOutput = output
    process.standardError = output
    try process.run()
    running = Running(process: process, lifeline: lifeline)
    var text = ""
    while !text.contains("ready\n") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw NotReady(description: String(text.suffix(2000))) }
      text += String(decoding: data, as: UTF8.self)
    }
  }

  deinit { stop() }

  /// Ends the script and waits for its cleaning up.
  public func stop() {
    try? running.lifeline.fileHandleForWriting.close()
    running.process.waitUntilExit()
  }

  /// Runs one command to its end and gives what it printed; throws when it fails.
  @discardableResult
  public static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self)
    guard process.terminationStatus == 0 else {
      throw NotReady(description: "\(arguments.joined(separator: " ")): \(text)")
    }
    return text
  }
}
