import CCurl
import CLinux
import Core
import Glibc
import POSIX

/// An exchange that is over.
public struct TransferCompletion: Sendable {
  /// The token that the exchange was started with.
  public let token: UInt64
  /// The answer, or why there is none.
  public let result: Result<HTTPResponse, HTTPClientError>
}

/// Many exchanges at once on one thread, none of which waits for another.
///
/// Each lane keeps connections of its own, so that a caller decides how many kept connections are
/// in use: one after another in a lane reuses one connection. Belongs to one thread.
/// https://curl.se/libcurl/c/curl_multi_socket_action.html
public struct TransferEngine: ~Copyable {
  // Before `events`, since what is declared first goes first and libcurl takes its sockets out.
  private let lanes: [TransferLane]
  private let events: FileDescriptor
  private var idle: [Transfer] = []

  /// Exchanges that are not over.
  public private(set) var inFlight = 0

  /// Most handles that are kept for further exchanges.
  private static let idleHandlesMax = 256

  /// Most events that are taken from the system at once.
  private static let eventsMax = 256

  /// An engine with `lanes` sets of connections.
  public init(lanes count: Int = 1) throws(HTTPClientError) {
    let events = try Self.makeEvents()
    var lanes: [TransferLane] = []
    for index in 0..<max(1, count) {
      lanes.append(try TransferLane(index, events: events.rawValue))
    }
    self.lanes = lanes
    self.events = events
  }

  // https://man7.org/linux/man-pages/man7/epoll.7.html
  private static func makeEvents() throws(HTTPClientError) -> FileDescriptor {
    let number = epoll_create1(Int32(EPOLL_CLOEXEC))
    if number >= 0 { return FileDescriptor(owning: number) }
    throw HTTPClientError(.other, CURLE_FAILED_INIT, "\(SystemError.last("epoll_create1"))")
  }

  /// Begins an exchange; its end comes out of `run` with `token`.
  public mutating func start(
    _ request: HTTPRequest, token: UInt64, lane: Int = 0
  ) throws(HTTPClientError) {
    let transfer = if let idle = idle.popLast() { idle } else { try Transfer() }
    do throws(HTTPClientError) {
      try transfer.prepare(request)
      transfer.token = token
      try lanes[lane].add(transfer)
      inFlight += 1
    } catch {
      idle.append(transfer)
      throw error
    }
  }

  /// Moves all exchanges on until one is over or `deadline` has come; those that are over.
  ///
  /// The wait is as fine as `epoll_wait(2)`, one millisecond, and errs to the late side.
  public mutating func run(_ deadline: Deadline) -> [TransferCompletion] {
    var over: [TransferCompletion] = []
    repeat {
      wait(deadline)
      for lane in lanes {
        lane.runTimer()
        lane.collect { transfer, code in
          over.append(TransferCompletion(token: transfer.token, result: transfer.outcome(code)))
          if idle.count < Self.idleHandlesMax { idle.append(transfer) }
        }
      }
    } while over.isEmpty && !deadline.hasPassed
    inFlight -= over.count
    return over
  }

  // https://man7.org/linux/man-pages/man2/epoll_wait.2.html
  private func wait(_ deadline: Deadline) {
    let next = lanes.compactMap(\.timer).min().map { min($0, deadline) } ?? deadline
    let capacity = Self.eventsMax
    unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: capacity) { buffer in
      let count = unsafe epoll_wait(
        events.rawValue, buffer.baseAddress, Int32(capacity), next.remainingMilliseconds)
      for index in 0..<max(0, Int(count)) {
        let event = unsafe buffer[index]
        let data = unsafe event.data.u64
        unsafe lanes[Int(data >> 32)].socketIsReady(Int32(truncatingIfNeeded: data), event.events)
      }
    }
  }
}
