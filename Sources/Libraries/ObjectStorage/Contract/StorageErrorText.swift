import Core

/// The words for what stores could not do: the one place where such an error becomes text.
extension StorageError: CustomStringConvertible {
  /// One line: what, where, why, and what the provider said.
  public var description: String {
    let object = key.map { "\(store)/\($0)" } ?? store
    var text = "\(Self.words(operation)) \(object): \(Self.words(kind))"
    if !detail.isEmpty { text += ": \(detail)" }
    var facts: [String] = []
    if let status = answer.status { facts.append("status \(status)") }
    if let code = answer.code { facts.append("code \(code)") }
    if let requestID = answer.requestID { facts.append("request \(requestID)") }
    if attempts > 1 { facts.append("\(attempts) attempts") }
    return facts.isEmpty ? text : text + " (\(facts.joined(separator: ", ")))"
  }

  /// What to do about it, nil where only the caller can know.
  public var advice: String? {
    switch kind {
    case .noBucket:
      return "make the bucket, or correct its name, region or endpoint in the store's address"
    case .denied:
      return "allow \(Self.permission(operation)) on the bucket and its objects for the"
        + " credentials in use"
    case .badSignature:
      return "check the key and its secret, and the region of the store's address"
    case .expired: return "renew the session token; web identity and roles renew it by themselves"
    case .noCredentials:
      return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is given"
    case .clock: return "set this machine's clock: stores allow a difference of 15 minutes"
    case .elsewhere:
      return answer.region.map { "put region=\($0) into the store's address" }
        ?? "put the bucket's region and endpoint into the store's address"
    case .throttled, .unavailable, .timedOut, .conflict: return "try again later"
    case .transport: return "check the endpoint and the network"
    case .untrusted: return "name the authority's certificates with ca= in the store's address"
    case .full: return "make room, or raise the quota"
    case .invalidParts: return "name the provider with profile= in the store's address"
    case .unsupported: return "see what `ops backup doctor` says of the store"
    case .corrupt: return "do not use the object; write it again"
    default: return nil
    }
  }

  private static func words(_ operation: Operation) -> String {
    switch operation {
    case .put: "write"
    case .get: "read"
    case .head: "look at"
    case .list: "list"
    case .delete: "delete"
    case .beginUpload: "begin the upload of"
    case .putPart: "upload a part of"
    case .complete: "complete the upload of"
    case .abort: "abort the upload of"
    case .listUploads: "list the uploads in"
    case .inspect: "inspect"
    }
  }

  private static func words(_ kind: Kind) -> String {
    switch kind {
    case .notFound: "there is no such object"
    case .noBucket: "there is no such bucket"
    case .noUpload: "there is no such upload"
    case .exists: "there is such an object already"
    case .invalidRange: "the range begins beyond the end"
    case .invalidParts: "the parts are not what the store asks for"
    case .denied: "not allowed"
    case .badSignature: "the signature is not accepted"
    case .expired: "the credentials have expired"
    case .noCredentials: "there are no credentials"
    case .clock: "the clocks differ too much"
    case .corrupt: "the bytes are not what they should be"
    case .elsewhere: "the bucket is somewhere else"
    case .throttled: "asked too often"
    case .unavailable: "the store fails for now"
    case .conflict: "another change is under way"
    case .timedOut: "the store waited too long for the bytes"
    case .transport: "no answer"
    case .untrusted: "the server is not trusted"
    case .badAnswer: "the answer is not what such a store says"
    case .tooLarge: "too large"
    case .full: "no room"
    case .unsupported: "the store can not do that"
    case .invalidRequest: "the store finds the request wrong"
    case .cancelled: "not wanted any longer"
    case .other: "it failed"
    }
  }

  /// The permission as S3 names it.
  private static func permission(_ operation: Operation) -> String {
    switch operation {
    case .put, .beginUpload, .putPart, .complete: "s3:PutObject"
    case .get, .head: "s3:GetObject and s3:ListBucket"
    case .list: "s3:ListBucket"
    case .delete: "s3:DeleteObject"
    case .abort: "s3:AbortMultipartUpload"
    case .listUploads: "s3:ListBucketMultipartUploads"
    case .inspect: "s3:GetBucketVersioning and s3:GetBucketObjectLockConfiguration"
    }
  }
}
