import Core
import Crypto
import POSIX

/// A store in a directory: a key is the path of a file in it.
///
/// A file is written beside its place, put on the disk and then takes its name in one step, so that
/// a reader, or a power failure, finds the old object or the new one. No key can be the directory
/// of another key.
public final class FileStorage: ObjectStorage {
  /// `file:///path`.
  public let name: String
  /// No part is too small.
  public let partRules = PartRules(partBytesMin: 1, partBytesMax: 5 << 30, partsMax: 10_000)

  /// The directory, from the root.
  let directory: String
  /// Where what is being written lies; the first part of no key.
  var workDirectory: String { directory + "/" + Self.workName }

  /// The name of that directory.
  static let workName = ".slipway-uploads"
  /// Most bytes that are read or copied at once.
  static let chunkBytes = 1024 * 1024

  /// The store in the directory at `path`, from the root, which is made with the first object.
  public init(_ path: String) {
    directory = path
    name = "file://" + path
  }

  /// Writes beside the place, then takes it.
  public func put(
    _ body: PartBody, at key: ObjectKey, _ condition: PutCondition
  ) throws(StorageError) {
    let path = try self.path(key, .put)
    try attempt(.put, key) { () throws(SystemError) in
      let staged = try stage { file throws(SystemError) in try file.write(body.bytes) }
      try publish(staged, path, condition)
    }
  }

  /// Reads the file that had the name when it was opened, whatever takes the name meanwhile.
  public func get(
    _ key: ObjectKey, _ range: Range<Int64>?, _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo {
    let path = try self.path(key, .get)
    let file = try attempt(.get, key) { () throws(SystemError) in try File.open(path, .read) }
    let status = try attempt(.get, key) { () throws(SystemError) in try file.status() }
    guard status.isRegular else { throw StorageError(.notFound, .get, in: name, key: key) }
    if let range, range.lowerBound >= status.bytes {
      throw StorageError(.invalidRange, .get, in: name, key: key)
    }
    let wanted = (range ?? 0..<status.bytes).clamped(to: 0..<status.bytes)
    try attempt(.get, key) { () throws(SystemError) in try file.seek(to: wanted.lowerBound) }
    var left = wanted.upperBound - wanted.lowerBound
    while left > 0 {
      let count = Int(min(left, Int64(Self.chunkBytes)))
      let part = try attempt(.get, key) { () throws(SystemError) in try file.read(upTo: count) }
      guard !part.isEmpty else {
        throw StorageError(.corrupt, .get, in: name, key: key, "the file became shorter")
      }
      left -= Int64(part.count)
      guard sink(part) else { throw StorageError(.cancelled, .get, in: name, key: key) }
    }
    return Self.info(key, status)
  }

  /// Looks at the file.
  public func head(_ key: ObjectKey) throws(StorageError) -> ObjectInfo? {
    let path = try self.path(key, .head)
    let status = try attempt(.head, key) { () throws(SystemError) in try Self.status(path) }
    return status.flatMap { $0.isRegular ? Self.info(key, $0) : nil }
  }

  /// Walks the directories below which keys with the prefix are.
  public func list(
    prefix: String, after: String?, limit: Int
  ) throws(StorageError) -> ObjectPage {
    let slash = prefix.lastIndex(of: "/").map { String(prefix[..<$0]) }
    var found: [ObjectKey: FileStatus] = [:]
    try attempt(.list, nil) { () throws(SystemError) in
      try collect(slash ?? "") { key, status in
        if key.text.beginsWithBytes(of: prefix) { found[key] = status }
      }
    }
    return ObjectPage(found.keys.sorted(), after: after, limit: limit) { key in
      found[key].map { Self.info(key, $0) }
    }
  }

  /// Removes the file, and the directories that it leaves empty.
  public func delete(_ key: ObjectKey) throws(StorageError) {
    let path = try self.path(key, .delete)
    try attempt(.delete, key) { () throws(SystemError) in
      do throws(SystemError) {
        try File.remove(path)
      } catch  where error.isOtherKind || error.isMissing {
        return
      }
      var parent = Path.parent(of: path)
      while parent.utf8.count > directory.utf8.count, try File.removeEmptyDirectory(parent) {
        parent = Path.parent(of: parent)
      }
    }
  }
}

extension FileStorage {
  /// The path of an object's file.
  func path(
    _ key: ObjectKey, _ operation: StorageError.Operation
  ) throws(StorageError) -> String {
    if key.text == Self.workName || key.text.beginsWithBytes(of: Self.workName + "/") {
      throw StorageError(
        .invalidRequest, operation, in: name, key: key, "the store itself uses that directory")
    }
    return directory + "/" + key.text
  }

  /// Runs `body` and tells its failure as the store's.
  func attempt<Result: ~Copyable>(
    _ operation: StorageError.Operation, _ key: ObjectKey?,
    _ body: () throws(SystemError) -> Result
  ) throws(StorageError) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw failure(error, operation, key)
    }
  }

  private func failure(
    _ error: SystemError, _ operation: StorageError.Operation, _ key: ObjectKey?
  ) -> StorageError {
    let kind: StorageError.Kind =
      if error.isMissing {
        operation == .get ? .notFound : .noBucket
      } else if error.isPresent {
        .exists
      } else if error.isNoSpace {
        .full
      } else if error.isDenied {
        .denied
      } else if error.isOtherKind {
        operation == .get ? .notFound : .invalidRequest
      } else {
        .other
      }
    return StorageError(kind, operation, in: name, key: key, "\(error)")
  }

  /// Writes a file beside all objects and puts it on the disk; its path.
  func stage(_ body: (borrowing FileDescriptor) throws(SystemError) -> Void)
    throws(SystemError) -> String
  {
    try File.makeDurableDirectory(workDirectory)
    let path = workDirectory + "/put-" + Hexadecimal.encode(RandomBytes.make(12))
    do throws(SystemError) {
      let file = try File.open(path, .create)
      try body(file)
      try file.synchronize()
    } catch {
      try? File.remove(path)
      throw SystemError(error.call, path, code: error.code)
    }
    return path
  }

  /// Gives a staged file its name.
  ///
  /// Directories that a deletion found empty may vanish between making them and using them: then
  /// they are made again.
  func publish(
    _ staged: String, _ path: String, _ condition: PutCondition
  ) throws(SystemError) {
    defer { try? File.remove(staged) }
    for attempt in 1...Self.publishAttemptsMax {
      do throws(SystemError) {
        try File.makeDurableDirectory(Path.parent(of: path))
        switch condition {
        case .always: try File.rename(staged, path)
        case .ifAbsent: try File.link(staged, path)
        }
        return
      } catch  where error.isMissing && attempt < Self.publishAttemptsMax {
        continue
      }
    }
  }

  private static let publishAttemptsMax = 5

  /// Every file below the directory `below`, which is a path within the store.
  private func collect(
    _ below: String, _ body: (ObjectKey, FileStatus) -> Void
  ) throws(SystemError) {
    let names: [String]
    do throws(SystemError) {
      names = try File.list(below.isEmpty ? directory : directory + "/" + below)
    } catch  where error.isMissing || error.isOtherKind {
      return
    }
    for name in names where !(below.isEmpty && name == Self.workName) {
      let inside = below.isEmpty ? name : below + "/" + name
      guard let status = try Self.status(directory + "/" + inside) else { continue }
      if status.isDirectory {
        try collect(inside, body)
      } else if status.isRegular, let key = ObjectKey(inside) {
        body(key, status)
      }
    }
  }

  /// What is at a path; nil where nothing is, and nowhere else.
  ///
  /// Who takes a failure of the disk for that believes an object to be gone, and what belongs to it
  /// to be of no use.
  private static func status(_ path: String) throws(SystemError) -> FileStatus? {
    do throws(SystemError) {
      return try File.status(path)
    } catch  where error.isMissing || error.isOtherKind {
      return nil
    }
  }

  private static func info(_ key: ObjectKey, _ status: FileStatus) -> ObjectInfo {
    let tag = "\(status.number)-\(status.bytes)-\(status.modifiedNanoseconds)"
    return ObjectInfo(key: key, bytes: status.bytes, tag: tag, modified: status.modified)
  }
}
