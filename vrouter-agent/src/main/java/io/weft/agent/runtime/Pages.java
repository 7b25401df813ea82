package io.weft.agent.runtime;

import io.weft.agent.compile.PolicySource;
import io.weft.agent.compile.RemoteRoute;
import io.weft.agent.introspect.Introspect.Page;
import io.weft.agent.program.Reconciler;
import io.weft.agent.session.ControllerSession;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PolicyAction;
import io.weft.protocol.xmpp.ConfigNode.Key;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;

/** Pages of the introspect server. */
final class Pages {
    private Pages() {}

    /** One sentence per page. */
    static Map<String, String> docs() {
        Map<String, String> docs = new LinkedHashMap<>();
        docs.put("/status", "in sync, plane, sessions at a glance");
        docs.put("/desired", "plane objects as they shall be");
        docs.put("/programmed", "plane objects as the plane holds them");
        docs.put("/policies", "policy sets by name: rules, what is wrong with them, ports that use them");
        docs.put("/ports", "attached containers");
        docs.put("/sessions", "sessions with controllers");
        docs.put("/routes?instance=<name>", "routes received, of one instance or of all");
        docs.put("/config", "configuration received");
        docs.put("/counters", "counters since the start");
        return docs;
    }

    static Map<String, Page> of(AgentCore core) {
        Map<String, Page> pages = new LinkedHashMap<>();
        pages.put("/status", page(core, Pages::status));
        pages.put("/desired", page(core, view -> objects(view.programmer().desired())));
        pages.put("/programmed", page(core, view -> objects(view.programmer().programmed())));
        pages.put("/policies", page(core, Pages::policies));
        pages.put("/ports", page(core, Pages::ports));
        pages.put("/sessions", page(core, Pages::sessions));
        pages.put("/routes", query -> core.look(view -> routes(view, query.get("instance"))));
        pages.put("/config", page(core, Pages::config));
        pages.put("/counters", page(core, Pages::counters));
        return pages;
    }

    private static Page page(AgentCore core, Function<AgentCore.View, Object> read) {
        return query -> core.look(read);
    }

    private static Object status(AgentCore.View view) {
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("inSync", view.inSync());
        page.put("everInSync", view.everInSync());
        page.put("restored", view.isRestored());
        page.put("planeConnected", view.programmer().isOpen());
        page.put("sessionsUp", view.controllers().up());
        page.put("configComplete", view.controllers().config().isComplete());
        page.put("configRevision", view.controllers().config().revision());
        page.put("ports", view.compiler().attached().size());
        page.put(
                "policyProblems",
                view.compiler().policies().values().stream()
                        .mapToInt(policy -> policy.problems().size())
                        .sum());
        page.put("waitingPorts", view.waiting());
        page.put("refusals", view.programmer().refusals().size());
        return page;
    }

    /** By kind, each with the name of its type. */
    private static Object objects(List<PlaneObject> objects) {
        Map<String, List<Object>> page = new LinkedHashMap<>();
        for (PlaneObject object : objects) {
            Class<?> type = object.getClass();
            boolean hop = type.getEnclosingClass() != null;
            Map<String, Object> entry = new LinkedHashMap<>();
            if (hop) {
                entry.put("type", type.getSimpleName().toLowerCase(java.util.Locale.ROOT));
            }
            entry.put("value", object);
            String kind = hop ? "nextHop" : type.getSimpleName();
            page.computeIfAbsent(Character.toLowerCase(kind.charAt(0)) + kind.substring(1), absent -> new ArrayList<>())
                    .add(hop ? entry : object);
        }
        return page;
    }

    private static Object policies(AgentCore.View view) {
        Map<PolicySource, List<UUID>> users = new HashMap<>();
        view.programmer()
                .ports()
                .forEach(port -> port.policies()
                        .forEach(source -> users.computeIfAbsent(source, absent -> new ArrayList<>())
                                .add(port.vmi())));
        Map<String, Object> page = new TreeMap<>();
        view.compiler().policies().forEach((source, policy) -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("id", view.programmer().policyId(source));
            entry.put("default", PolicyAction.DENY);
            entry.put("rules", policy.rules());
            entry.put("problems", policy.problems());
            entry.put("ports", users.getOrDefault(source, List.of()));
            page.put(source.identity(), entry);
        });
        return page;
    }

    private static Object ports(AgentCore.View view) {
        List<Object> page = new ArrayList<>();
        view.compiler().attached().forEach(port -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("port", port);
            entry.put("state", view.programmer().port(port.vmi()));
            entry.put("programmed", view.programmer().isProgrammed(port.vmi()));
            entry.put("refusal", view.programmer().refusal(port.vmi()));
            page.add(entry);
        });
        return page;
    }

    private static Object sessions(AgentCore.View view) {
        List<Object> page = new ArrayList<>();
        for (ControllerSession session : view.controllers().sessions()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put(
                    "controller",
                    session.address().getHostString() + ":" + session.address().getPort());
            entry.put("state", session.state());
            entry.put("config", view.controllers().isConfigSession(session));
            entry.put("allRoutesReceived", view.controllers().hasSentAll(session));
            entry.put("held", view.controllers().waiting(session));
            entry.put("counters", session.counters());
            page.add(entry);
        }
        Map<String, Object> published = new TreeMap<>();
        view.publications().routes().forEach((key, route) -> published.put(key.instance() + " " + key.prefix(), route));
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("sessions", page);
        Map<String, String> hosts = new TreeMap<>();
        view.hosts().forEach((host, isUp) -> hosts.put(host.getHostAddress(), isUp ? "up" : "down"));
        all.put("hosts", hosts);
        all.put("subscribed", new TreeMap<>(view.publications().instances()));
        all.put("published", published);
        return all;
    }

    private static Object routes(AgentCore.View view, String instance) {
        Map<String, Object> page = new TreeMap<>();
        for (String name : view.publications().instances().keySet()) {
            if (instance == null || instance.equals(name)) {
                Map<String, List<RemoteRoute>> of = new TreeMap<>();
                for (IpPrefix prefix : view.routes().prefixes(name)) {
                    of.put(prefix.toString(), List.copyOf(view.routes().routes(name, prefix)));
                }
                page.put(name, of);
            }
        }
        return page;
    }

    private static Object config(AgentCore.View view) {
        Map<String, Object> nodes = new LinkedHashMap<>();
        for (Key key : view.graph().nodeIds()) {
            nodes.put(key.toString(), view.graph().node(key));
        }
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("revision", view.controllers().config().revision());
        page.put("complete", view.controllers().config().isComplete());
        page.put("links", view.graph().linkCount());
        page.put("nodes", nodes);
        return page;
    }

    private static Object counters(AgentCore.View view) {
        Reconciler.Counters plane = view.programmer().counters();
        Controllers.Counters controllers = view.controllers().counters();
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("cycles", view.cycles());
        page.put("inboxRefused", view.inboxRefused());
        page.put("plane", plane);
        page.put("controllers", controllers);
        page.put("planeAdoptions", view.adoptions());
        page.put("stateFile", view.saves());
        page.put("remoteRoutes", view.routes().count());
        page.put("refusals", view.programmer().refusals());
        return page;
    }
}
