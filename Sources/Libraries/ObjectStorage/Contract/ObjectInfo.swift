import Core
import Crypto

/// What a store says of an object.
public struct ObjectInfo: Sendable, Equatable {
  /// Its key.
  public let key: ObjectKey
  /// Its length in bytes.
  public let bytes: Int64
  /// Differs where the content does; what it is made of is the store's own affair.
  public let tag: String
  /// When it was written, to the second.
  public let modified: Timestamp?

  /// What is known of an object.
  public init(key: ObjectKey, bytes: Int64, tag: String, modified: Timestamp?) {
    self.key = key
    self.bytes = bytes
    self.tag = tag
    self.modified = modified
  }

  /// The same under another key.
  func named(_ key: ObjectKey) -> ObjectInfo {
    ObjectInfo(key: key, bytes: bytes, tag: tag, modified: modified)
  }
}

/// A part of a listing.
public struct ObjectPage: Sendable, Equatable {
  /// The objects, in the order of their keys' bytes.
  public let objects: [ObjectInfo]
  /// What to ask for the next page with; nil after the last.
  public let next: String?

  /// A page.
  public init(objects: [ObjectInfo], next: String?) {
    self.objects = objects
    self.next = next
  }
}

/// Whether an object may be replaced.
public enum PutCondition: Sendable {
  /// Whatever there is.
  case always
  /// Only where there is none.
  case ifAbsent
}

/// Bytes with their digest, which is worked out once for all who need it.
public struct PartBody: Sendable {
  /// The bytes.
  public let bytes: [UInt8]
  /// Their SHA-256, 32 bytes.
  public let sha256: [UInt8]

  /// The bytes and their digest.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    sha256 = SHA256.hash(bytes)
  }
}

/// An object that comes in parts.
public struct Upload: Sendable, Hashable {
  /// The key that the object will have.
  public let key: ObjectKey
  /// The store's name for the upload.
  public let id: String

  /// An upload that the store knows by `id`.
  public init(key: ObjectKey, id: String) {
    self.key = key
    self.id = id
  }
}

/// A part that is in the store.
public struct UploadedPart: Sendable, Equatable {
  /// Its place, from 1.
  public let number: Int
  /// Its length in bytes.
  public let bytes: Int64
  /// What the store calls it.
  public let tag: String

  /// A part.
  public init(number: Int, bytes: Int64, tag: String) {
    self.number = number
    self.bytes = bytes
    self.tag = tag
  }
}

/// An upload that somebody began.
public struct UnfinishedUpload: Sendable, Equatable {
  /// The upload.
  public let upload: Upload
  /// When it was begun, where the store says so.
  public let begun: Timestamp?

  /// An upload and its age.
  public init(_ upload: Upload, begun: Timestamp?) {
    self.upload = upload
    self.begun = begun
  }
}
