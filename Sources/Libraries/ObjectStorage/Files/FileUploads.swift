import Core
import Crypto
import POSIX

/// Uploads in parts: a directory each, with the parts as files, put together when completed.
extension FileStorage {
  private static let uploadPrefix = "upload-"
  private static let stagedPrefix = "put-"
  private static let keyFile = "key"
  private static let partPrefix = "part-"

  /// How old a file must be that its writer left behind, to be sure that there is none any longer.
  private static let leftoverAge: Duration = .seconds(86_400)

  private func directory(of upload: Upload) -> String { workDirectory + "/" + upload.id }

  /// Makes the upload's directory, with the key in it.
  public func beginUpload(_ key: ObjectKey) throws(StorageError) -> Upload {
    _ = try path(key, .beginUpload)
    let id = Self.uploadPrefix + Hexadecimal.encode(RandomBytes.make(12))
    let upload = Upload(key: key, id: id)
    try attempt(.beginUpload, key) { () throws(SystemError) in
      try File.makeDurableDirectory(directory(of: upload))
      try File.write(Array(key.text.utf8), to: directory(of: upload) + "/" + Self.keyFile)
    }
    return upload
  }

  /// Writes the part's file whole.
  public func putPart(
    _ number: Int, _ body: PartBody, of upload: Upload
  ) throws(StorageError) -> UploadedPart {
    guard (1...partRules.partsMax).contains(number) else {
      throw StorageError(
        .invalidParts, .putPart, in: name, key: upload.key,
        "part \(number), where \(partRules.partsMax) are allowed")
    }
    try check(upload, .putPart)
    let tag = Hexadecimal.encode(body.sha256)
    do throws(StorageError) {
      try attempt(.putPart, upload.key) { () throws(SystemError) in
        let staged = try stage { file throws(SystemError) in try file.write(body.bytes) }
        defer { try? File.remove(staged) }
        try File.rename(staged, partPath(upload, number))
      }
    } catch {
      // Aborted or swept away meanwhile.
      try check(upload, .putPart)
      throw error
    }
    return UploadedPart(number: number, bytes: Int64(body.bytes.count), tag: tag)
  }

  /// Copies the parts into one file, which then takes the object's name.
  ///
  /// The bytes are hashed once more on their way: what the disk changed does not become an object.
  public func complete(_ upload: Upload, _ parts: [UploadedPart]) throws(StorageError) {
    try check(upload, .complete)
    guard !parts.isEmpty, zip(parts, parts.dropFirst()).allSatisfy({ $0.number < $1.number })
    else {
      throw StorageError(
        .invalidParts, .complete, in: name, key: upload.key, "no parts, or not in their order")
    }
    var wrong: Int?
    try attempt(.complete, upload.key) { () throws(SystemError) in
      let staged = try stage { file throws(SystemError) in
        for part in parts where wrong == nil {
          if try !append(partPath(upload, part.number), part, to: file) { wrong = part.number }
        }
      }
      if wrong == nil {
        try publish(staged, directory + "/" + upload.key.text, .always)
      } else {
        try File.remove(staged)
      }
    }
    if let wrong {
      throw StorageError(
        .invalidParts, .complete, in: name, key: upload.key,
        "part \(wrong) is not there, or not what was uploaded")
    }
    // The object is there: what is left of the upload is for a sweep.
    try? abort(upload)
  }

  /// Removes the upload's directory, which is no upload any longer from the first moment on.
  public func abort(_ upload: Upload) throws(StorageError) {
    guard Self.isUploadName(upload.id) else { return }
    try attempt(.abort, upload.key) { () throws(SystemError) in
      let leftover = workDirectory + "/" + Self.stagedPrefix + upload.id
      do throws(SystemError) {
        try File.rename(directory(of: upload), leftover)
      } catch {
        if error.isMissing { return }
        throw error
      }
      try File.removeTree(leftover)
    }
  }

  /// The directories of uploads; files that a writer left behind long ago are removed.
  public func unfinishedUploads(prefix: String) throws(StorageError) -> [UnfinishedUpload] {
    let names: [String]
    do throws(SystemError) {
      names = try File.list(workDirectory)
    } catch {
      if error.isMissing { return [] }
      throw StorageError(.other, .listUploads, in: name, "\(error)")
    }
    var found: [UnfinishedUpload] = []
    for name in names {
      let path = workDirectory + "/" + name
      sweep(name)
      guard Self.isUploadName(name),
        let text = try? File.readText(path + "/" + Self.keyFile, limit: ObjectKey.bytesMax),
        text.beginsWithBytes(of: prefix), let key = ObjectKey(text)
      else { continue }
      let begun = try? File.status(path + "/" + Self.keyFile).modified
      found.append(UnfinishedUpload(Upload(key: key, id: name), begun: begun))
    }
    return found.sorted { ($0.upload.key, $0.upload.id) < ($1.upload.key, $1.upload.id) }
  }

  /// Removes what a writer left behind long ago: a staged file, a directory that was being removed
  /// or that has no key yet.
  private func sweep(_ name: String) {
    let path = workDirectory + "/" + name
    let isLeftover =
      name.hasPrefix(Self.stagedPrefix)
      || Self.isUploadName(name)
        && !File.isRegular(path + "/" + Self.keyFile, followingLinks: false)
    if isLeftover, let written = try? File.status(path).modified,
      Timestamp.now().since(written) > Self.leftoverAge
    {
      try? File.removeTree(path)
    }
  }

  /// Adds a part's file to `file`; false where it is not what was uploaded.
  private func append(
    _ path: String, _ part: UploadedPart, to file: borrowing FileDescriptor
  ) throws(SystemError) -> Bool {
    guard File.isRegular(path, followingLinks: false) else { return false }
    let input = try File.open(path, .read)
    var digest = SHA256()
    while true {
      let chunk = try input.read(upTo: Self.chunkBytes)
      if chunk.isEmpty { break }
      digest.update(chunk)
      try file.write(chunk)
    }
    return Hexadecimal.encode(digest.finish()) == part.tag
  }

  private func partPath(_ upload: Upload, _ number: Int) -> String {
    directory(of: upload) + "/" + Self.partPrefix + String(number)
  }

  /// Whether the upload is there, for its key.
  private func check(
    _ upload: Upload, _ operation: StorageError.Operation
  ) throws(StorageError) {
    let path = directory(of: upload) + "/" + Self.keyFile
    guard Self.isUploadName(upload.id),
      let text = try? File.readText(path, limit: ObjectKey.bytesMax),
      ObjectKey(text) == upload.key
    else { throw StorageError(.noUpload, operation, in: name, key: upload.key) }
  }

  private static func isUploadName(_ name: String) -> Bool {
    name.hasPrefix(uploadPrefix)
      && name.utf8.dropFirst(uploadPrefix.utf8.count).allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
      }
  }
}
