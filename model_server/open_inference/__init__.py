"""Open Inference Protocol (KServe V2): tensors in, clips out, transcripts back; one file a wire format."""
