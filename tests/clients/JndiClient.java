import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import javax.naming.AuthenticationException;
import javax.naming.CommunicationException;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.OperationNotSupportedException;
import javax.naming.SizeLimitExceededException;
import javax.naming.directory.Attribute;
import javax.naming.directory.Attributes;
import javax.naming.directory.BasicAttributes;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import javax.naming.ldap.Control;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.LdapContext;
import javax.naming.ldap.PagedResultsControl;
import javax.naming.ldap.PagedResultsResponseControl;
import javax.naming.ldap.SortControl;
import javax.naming.ldap.SortKey;
import javax.naming.ldap.SortResponseControl;
import javax.naming.ldap.StartTlsRequest;
import javax.naming.ldap.StartTlsResponse;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;

/**
 * JNDI against the demo: root DSE, schema, list, searches, bind, and what is switched on by an option.
 *
 * <pre>java JndiClient.java URI [--account DN] [--paged] [--sort] [--ca FILE.pem] [--ldaps URI]</pre>
 *
 * The secret of the account is in the environment as SECRET. --ca proves StartTLS on URI, --ldaps TLS from the first byte.
 * JNDI sends no bind when it has no account, and ManageDsaIT with every request. The first mismatch ends it with exit code 1.
 */
public class JndiClient {
    static final String BASE = "dc=mssante,dc=fr";
    static final String ADDRESS = "edouard.bechu@labo-prechamp-3.oc.mssante.fr";
    static final String ENTRY = "mail=" + ADDRESS + ",ou=bal," + BASE;
    static final String MANY = "(sn=be*)";

    public static void main(String[] arguments) throws Exception {
        List<String> options = Arrays.asList(arguments);
        String uri = arguments[0];
        try {
            LdapContext context = connect(uri, null, null);
            rootAndSchema(context);
            searches(context);
            writing(context);
            if (options.contains("--paged")) paged(context);
            if (options.contains("--sort")) sorted(context);
            context.close();
            String account = after(options, "--account");
            if (account != null) bound(uri, account);
            String authority = after(options, "--ca");
            String secure = after(options, "--ldaps");
            if (authority != null) {
                if (secure != null) stranger(secure);
                SSLContext.setDefault(trusting(authority));
                startTls(uri, account);
                if (secure != null) ldaps(secure, account);
            }
        } catch (Mismatch mismatch) {
            System.err.println("JNDI: " + mismatch.getMessage());
            System.exit(1);
        }
        System.out.println("JNDI: all as expected");
    }

    static class Mismatch extends RuntimeException {
        Mismatch(String what) {
            super(what);
        }
    }

    static void check(boolean fact, String what) {
        if (!fact) throw new Mismatch(what);
    }

    static String after(List<String> options, String name) {
        int at = options.indexOf(name);
        return at < 0 ? null : options.get(at + 1);
    }

    static LdapContext connect(String uri, String account, String secret) throws NamingException {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        environment.put(Context.PROVIDER_URL, uri);
        environment.put("com.sun.jndi.ldap.connect.timeout", "30000");
        environment.put("com.sun.jndi.ldap.read.timeout", "30000");
        if (account != null) {
            environment.put(Context.SECURITY_AUTHENTICATION, "simple");
            environment.put(Context.SECURITY_PRINCIPAL, account);
            environment.put(Context.SECURITY_CREDENTIALS, secret);
        }
        return new InitialLdapContext(environment, null);
    }

    static void rootAndSchema(LdapContext context) throws NamingException {
        Attributes root = context.getAttributes("", new String[] {"namingContexts", "supportedLDAPVersion", "subschemaSubentry"});
        check(root.get("namingContexts").contains(BASE), "naming contexts: " + root);
        check(root.get("supportedLDAPVersion").contains("3"), "version 3: " + root);
        DirContext schema = context.getSchema("");
        Attributes bal = schema.getAttributes("ClassDefinition/mssBal");
        check(bal.get("AUXILIARY") != null && bal.get("MUST").contains("TypeBAL") && bal.get("MAY").contains("rpps"), "mssBal: " + bal);
        Attributes cn = schema.getAttributes("AttributeDefinition/cn");
        check(cn.get("NAME").contains("commonName") && cn.get("SUBSTR").contains("caseIgnoreSubstringsMatch"), "cn: " + cn);
        check(schema.getAttributes("MatchingRule/caseIgnoreMatch").size() > 0, "matching rules");
        check(schema.getAttributes("SyntaxDefinition/1.3.6.1.4.1.1466.115.121.1.15").size() > 0, "syntaxes");
        DirContext classes = context.getSchemaClassDefinition(ENTRY);
        check(names(classes.list("")).contains("mssBal"), "classes of an entry: " + names(classes.list("")));
    }

    static List<String> names(NamingEnumeration<? extends javax.naming.NameClassPair> pairs) throws NamingException {
        List<String> names = new ArrayList<>();
        while (pairs.hasMore()) names.add(pairs.next().getName());
        return names;
    }

    static SearchControls subtree(String... attributes) {
        SearchControls controls = new SearchControls();
        controls.setSearchScope(SearchControls.SUBTREE_SCOPE);
        controls.setTimeLimit(20_000);
        if (attributes.length > 0) controls.setReturningAttributes(attributes);
        return controls;
    }

    /** Values of one attribute, in the order of the entries. */
    static List<String> values(NamingEnumeration<SearchResult> results, String attribute) throws NamingException {
        List<String> values = new ArrayList<>();
        while (results.hasMore()) {
            Attribute found = results.next().getAttributes().get(attribute);
            if (found != null) values.add((String) found.get());
        }
        return values;
    }

    static List<String> mails(LdapContext context, String filter) throws NamingException {
        return values(context.search(BASE, filter, subtree("mail")), "mail");
    }

    static void searches(LdapContext context) throws NamingException {
        check(names(context.list(BASE)).contains("ou=bal"), "list: " + names(context.list(BASE)));
        // Accents as escapes: the launcher reads this file in the charset of the locale.
        for (String typed : new String[] {"edouard*bechu", "\u00c9douard*B\u00c9CHU", "BECHU*edouard", "bechu*villeneuve"}) {
            List<String> found = mails(context, "(&(mail=*)(cn=*" + typed + "*))");
            check(found.contains(ADDRESS), typed + " finds " + found);
        }
        // The values of a filter as arguments are encoded by JNDI.
        NamingEnumeration<SearchResult> found = context.search(BASE, "(&(mail={0})(givenName={1}))", new Object[] {ADDRESS, "EDOUARD"}, subtree());
        SearchResult entry = found.next();
        check(entry.getNameInNamespace().equalsIgnoreCase(ENTRY), "name of the entry: " + entry.getNameInNamespace());
        check(((String) entry.getAttributes().get("cn").get(0)).startsWith("\u00c9douard B\u00c9CHU ("), "the first cn tells people apart");
        Attributes operational = context.getAttributes(ENTRY, new String[] {"entryUUID", "sn;lang-fr"});
        check(operational.get("entryUUID") != null && operational.get("sn;lang-fr") == null, "asked by name: " + operational);

        SearchControls three = subtree("mail");
        three.setCountLimit(3);
        NamingEnumeration<SearchResult> some = context.search(BASE, MANY, three);
        int count = 0;
        try {
            while (some.hasMore()) {
                some.next();
                count++;
            }
            check(false, "more than the count limit match, and nothing says so");
        } catch (SizeLimitExceededException expected) {
            check(count == 3, count + " entries up to a count limit of 3");
        }
        try {
            context.getAttributes("dc=elsewhere");
            check(false, "a base that is not there");
        } catch (NameNotFoundException expected) {
            // 32
        }
        SearchControls compare = new SearchControls(SearchControls.OBJECT_SCOPE, 0, 0, new String[0], false, false);
        check(context.search(ENTRY, "(sn=bechu)", compare).hasMore(), "compare true");
        check(!context.search(ENTRY, "(sn=autre)", compare).hasMore(), "compare false");
    }

    static void writing(LdapContext context) throws NamingException {
        try {
            context.modifyAttributes(ENTRY, DirContext.REPLACE_ATTRIBUTE, new BasicAttributes("sn", "x"));
            check(false, "nothing is written");
        } catch (OperationNotSupportedException | javax.naming.NoPermissionException expected) {
            // 53 or 50
        }
    }

    static void bound(String uri, String account) throws NamingException {
        LdapContext context = connect(uri, account, System.getenv("SECRET"));
        check(!mails(context, "(TypeBAL=APP)").isEmpty(), "an account sees mailboxes of applications");
        context.close();
        try {
            connect(uri, account, "wrong");
            check(false, "a wrong secret");
        } catch (AuthenticationException expected) {
            // 49
        }
    }

    static void paged(LdapContext context) throws Exception {
        List<String> whole = mails(context, MANY);
        List<String> found = new ArrayList<>();
        byte[] cookie = null;
        int pages = 0;
        do {
            context.setRequestControls(new Control[] {new PagedResultsControl(20, cookie, Control.CRITICAL)});
            List<String> page = mails(context, MANY);
            check(page.size() <= 20, "a page of " + page.size());
            found.addAll(page);
            pages++;
            cookie = null;
            for (Control told : context.getResponseControls()) {
                if (told instanceof PagedResultsResponseControl) cookie = ((PagedResultsResponseControl) told).getCookie();
            }
        } while (cookie != null);
        context.setRequestControls(null);
        whole.sort(null);
        found.sort(null);
        check(pages > 2 && found.equals(whole), pages + " pages hold " + found.size() + " of " + whole.size() + " entries");
    }

    static String folded(String text) {
        return Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFD).replaceAll("\\p{M}", "");
    }

    static void sorted(LdapContext context) throws Exception {
        for (boolean ascending : new boolean[] {true, false}) {
            SortKey[] keys = {new SortKey("sn", ascending, null)};
            context.setRequestControls(new Control[] {new SortControl(keys, Control.CRITICAL)});
            List<String> names = new ArrayList<>();
            NamingEnumeration<SearchResult> results = context.search(BASE, MANY, subtree("sn"));
            while (results.hasMore()) {
                Attribute name = results.next().getAttributes().get("sn");
                // Of several names an entry is placed by one, and need not say by which.
                if (name.size() == 1) names.add(folded((String) name.get()));
            }
            boolean told = false;
            for (Control control : context.getResponseControls()) {
                told |= control instanceof SortResponseControl && ((SortResponseControl) control).isSorted();
            }
            List<String> wanted = new ArrayList<>(names);
            wanted.sort(ascending ? null : java.util.Comparator.reverseOrder());
            check(told && names.size() > 40 && names.equals(wanted), "the order of names: " + names);
        }
        context.setRequestControls(null);
    }

    static SSLContext trusting(String authority) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (FileInputStream file = new FileInputStream(authority)) {
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry("authority-" + store.size(), certificate);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    static void startTls(String uri, String account) throws Exception {
        LdapContext context = connect(uri, null, null);
        StartTlsResponse tls = (StartTlsResponse) context.extendedOperation(new StartTlsRequest());
        SSLSession session = tls.negotiate(SSLContext.getDefault().getSocketFactory());
        check(session.getProtocol().startsWith("TLSv1."), "protocol: " + session.getProtocol());
        check(mails(context, "(mail=" + ADDRESS + ")").size() == 1, "a search after StartTLS");
        if (account != null) {
            context.addToEnvironment(Context.SECURITY_AUTHENTICATION, "simple");
            context.addToEnvironment(Context.SECURITY_PRINCIPAL, account);
            context.addToEnvironment(Context.SECURITY_CREDENTIALS, System.getenv("SECRET"));
            context.reconnect(null);
            check(!mails(context, "(TypeBAL=APP)").isEmpty(), "a bind after StartTLS");
        }
        context.close();
    }

    static void ldaps(String uri, String account) throws NamingException {
        LdapContext context = connect(uri, account, System.getenv("SECRET"));
        check(mails(context, "(mail=" + ADDRESS + ")").size() == 1, "a search over LDAPS");
        context.close();
    }

    static void stranger(String uri) throws NamingException {
        try {
            connect(uri, null, null);
            check(false, "a certificate of an unknown authority is refused");
        } catch (CommunicationException expected) {
            // The handshake failed.
        }
    }
}
