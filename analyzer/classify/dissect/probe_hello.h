/* A probe's hello among the others: its marker is matched against the key of probes, where there is
 * one. Cost: as probe_marker.h says. */
#pragma once

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/tls_hello.h"
#include "analyzer/record/probe_marker.h"

void probe_hello_note(struct dissection *dissection, const struct client_hello *hello,
	enum probe_transport transport);
