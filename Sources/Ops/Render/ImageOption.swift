extension ValueType where Value == ImageReference {
  /// An image with the tag or the digest that tells which one it is.
  static var image: Self {
    ValueType(name: "REF", allowed: "REPOSITORY with :TAG, with @sha256:DIGEST or with both") {
      ImageReference($0).flatMap { $0.tag == nil && $0.digest == nil ? nil : $0 }
    }
  }
}
