package api

// Inputs of the operations on tags, which both services have. Where they differ they take what either does: ARNs are up to
// 1,011 characters long in timestream-write and 2,048 in timestream-query, and only timestream-query has pages.
var (
	tagResourceShape = structure("TagResourceRequest",
		member("ResourceARN", resourceARN, required),
		member("Tags", tagList, required))

	untagResourceShape = structure("UntagResourceRequest",
		member("ResourceARN", resourceARN, required),
		member("TagKeys", list(0, 200, text(1, 128)), required))

	listTagsShape = structure("ListTagsForResourceRequest",
		member("ResourceARN", resourceARN, required),
		member("MaxResults", integer(1, tagsPageMax)),
		member("NextToken", anyText))
)
